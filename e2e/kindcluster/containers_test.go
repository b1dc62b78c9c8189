package kindcluster

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

// As crictl events prints it.
const stopped = `{
  "containerId": "c1", "containerEventType": "CONTAINER_STOPPED_EVENT", "createdAt": "1795348806000000002",
  "podSandboxStatus": {"id": "s1", "metadata": {"name": "controller-1", "uid": "u1", "namespace": "interregnum-x", "attempt": 0}, "state": "SANDBOX_READY", "network": {"ip": "10.244.1.7"}},
  "containersStatuses": [
    {"id": "c1", "metadata": {"name": "controller", "attempt": 0}, "state": "CONTAINER_EXITED",
     "createdAt": "1795348800000000000", "startedAt": "1795348800100000003", "finishedAt": "1795348805900000001", "exitCode": 1, "reason": "Error"},
    {"id": "c0", "metadata": {"name": "sidecar"}, "state": "CONTAINER_RUNNING", "startedAt": "1795348800100000003", "finishedAt": "0"},
    {"id": "c2", "metadata": {"name": "controller"}, "state": "CONTAINER_CREATED", "startedAt": "0", "finishedAt": "0"}
  ]
}`

func TestWhatAnEventTells(t *testing.T) {
	g := NewWithT(t)
	var e event
	g.Expect(json.Unmarshal([]byte(stopped), &e)).To(Succeed())
	c := quiet(t)
	all := c.ofRun(e)
	g.Expect(all).To(HaveLen(1), "neither other containers nor one that has not begun")
	g.Expect(all[0].begun.UnixNano()).To(Equal(int64(1795348800000000000)), "when it was made: its process may have spoken before the runtime said that it had started")
	g.Expect(all[0].ended.UnixNano()).To(Equal(int64(1795348805900000001)))
	g.Expect(all[0].code).To(Equal(int32(1)))
	g.Expect(all[0].podName).To(Equal("controller-1"))
	g.Expect(all[0].address).To(Equal("10.244.1.7"))

	c.namespace.Name = "interregnum-y"
	g.Expect(c.ofRun(e)).To(BeEmpty(), "another run's")
	e.Pod = nil
	g.Expect(c.ofRun(e)).To(BeEmpty(), "a sandbox that is gone")
}

// As crictl inspect prints it.
const inspected = `{"status": {"state": "CONTAINER_EXITED", "createdAt": "2026-11-22T12:00:00.1Z", "startedAt": %q,
  "finishedAt": "2026-11-22T12:00:05Z", "exitCode": 139, "labels": {"io.kubernetes.pod.name": "controller-1", "io.kubernetes.pod.uid": "u1"}}}`

func TestWhatANodeTellsWhenAsked(t *testing.T) {
	g := NewWithT(t)
	answers := func(startedAt string) container {
		programs(t, map[string]string{"docker": thisMachine, "crictl": "cat <<'end'\n" + fmt.Sprintf(inspected, startedAt) + "\nend"})
		of, err := quiet(t).inspect(t.Context(), "worker", "c1")
		g.Expect(err).NotTo(HaveOccurred())
		return of
	}
	of := answers("2026-11-22T12:00:00.3Z")
	g.Expect(of.begun).To(Equal(noon.Add(100*time.Millisecond)), "its process may have spoken before the runtime said that it had started")
	g.Expect(of.ended).To(Equal(noon.Add(5 * time.Second)))
	g.Expect(of.code).To(Equal(int32(139)))
	g.Expect([]string{of.podName, string(of.podUID)}).To(Equal([]string{"controller-1", "u1"}))
	g.Expect(answers("1970-01-01T00:00:00Z").begun.IsZero()).To(BeTrue(), "it could not be started")
	g.Expect(answers("0001-01-01T00:00:00Z").begun.IsZero()).To(BeTrue(), "it has not been started")
}

// A crash is one here, too, as it is for a process.
func TestTheEndOfALifeIsTold(t *testing.T) {
	g := NewWithT(t)
	programs(t, map[string]string{"docker": thisMachine, "crictl": "echo one; echo bye"})
	c := quiet(t)
	c.pods.Begins(enlisted(c, "1", "controller-1"), "c1", noon)
	c.bury(t.Context(), c.pods.Ends("c1", noon.Add(time.Second)), 139)
	last := c.observer.Facts()[1]
	g.Expect(last.Kind).To(Equal(history.Exited))
	g.Expect(*last.Exit).To(Equal(history.Exit{Code: -1, Signal: "SIGSEGV"}))
	c.pods.Begins(enlisted(c, "1", "controller-1"), "c2", noon.Add(2*time.Second))
	c.bury(t.Context(), c.pods.Ends("c2", noon.Add(3*time.Second)), 1)
	g.Expect(*c.observer.Facts()[3].Exit).To(Equal(history.Exit{Code: 1, Error: "bye", Output: "one\nbye"}))
}
