package kindcluster

import (
	"encoding/json"
	"testing"

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
	g.Expect(all[0].begun.UnixNano()).To(Equal(int64(1795348800100000003)))
	g.Expect(all[0].ended.UnixNano()).To(Equal(int64(1795348805900000001)))
	g.Expect(all[0].code).To(Equal(int32(1)))
	g.Expect(all[0].podName).To(Equal("controller-1"))
	g.Expect(all[0].address).To(Equal("10.244.1.7"))

	c.namespace.Name = "interregnum-y"
	g.Expect(c.ofRun(e)).To(BeEmpty(), "another run's")
	e.Pod = nil
	g.Expect(c.ofRun(e)).To(BeEmpty(), "a sandbox that is gone")
}

func TestHowALifeEnded(t *testing.T) {
	for name, c := range map[string]struct {
		code int32
		want history.Exit
	}{
		"in good order":     {0, history.Exit{}},
		"with an error":     {1, history.Exit{Code: 1, Error: "leader election lost"}},
		"killed":            {137, history.Exit{Code: -1, Signal: "SIGKILL"}},
		"told to stop":      {143, history.Exit{Code: -1, Signal: "SIGTERM"}},
		"a code of its own": {255, history.Exit{Code: 255, Error: "leader election lost"}},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(*exitOf(c.code, "leader election lost")).To(Equal(c.want))
		})
	}
}

func TestTheLastWords(t *testing.T) {
	g := NewWithT(t)
	g.Expect(lastLine("one\ntwo\n")).To(Equal("two"))
	g.Expect(lastLine("one\npanic: no\ngoroutine 1")).To(Equal("panic: no"))
	g.Expect(lastLine("")).To(Equal(""))
}
