package kindcluster

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/interregnum/interregnum/e2e/history"
)

// recorded is an event, on its line, of a change to a Lease that was asked for by a pod and answered at once.
func recorded(t *testing.T, id, namespace, pod string, at time.Time) string {
	t.Helper()
	event := auditv1.Event{
		TypeMeta: metav1.TypeMeta{Kind: "Event", APIVersion: "audit.k8s.io/v1"}, AuditID: types.UID(id),
		Stage: auditv1.StageResponseComplete, Verb: "update",
		ObjectRef:      &auditv1.ObjectReference{Resource: "leases", APIGroup: "coordination.k8s.io", Namespace: namespace, Name: id},
		ResponseStatus: &metav1.Status{Code: http.StatusOK},
		User: authenticationv1.UserInfo{Username: "controller", Extra: map[string]authenticationv1.ExtraValue{
			"authentication.kubernetes.io/pod-name": {"controller-" + pod}, "authentication.kubernetes.io/pod-uid": {pod},
		}},
		RequestReceivedTimestamp: metav1.NewMicroTime(at), StageTimestamp: metav1.NewMicroTime(at.Add(time.Millisecond)),
	}
	line, err := json.Marshal(event)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return string(line) + "\n"
}

// recording is a cluster whose API server does nothing but record, in a file on this machine, that it was asked.
func recording(t *testing.T, record func(id string)) *Cluster {
	t.Helper()
	programs(t, map[string]string{"docker": thisMachine})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		record(r.Header.Get(auditv1.HeaderAuditID))
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"kind":"Namespace","apiVersion":"v1"}`)
	}))
	t.Cleanup(server.Close)
	c := quiet(t)
	var err error
	c.namespace.Clients, err = kubernetes.NewForConfig(&rest.Config{Host: server.URL})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return c
}

// told are the writes that the observer knows of: who, and what.
func told(c *Cluster) (all []string) {
	for _, fact := range c.observer.Facts() {
		if fact.Kind == history.Wrote {
			all = append(all, fmt.Sprintf("%s/%d %s", fact.Replica, fact.Start, fact.Write.Name))
		}
	}
	return all
}

func TestTheWritesOfARun(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "audit.log")
	c := recording(t, func(id string) { appendTo(t, file, recorded(t, id, "interregnum-x", "", noon.Add(9*time.Second))) })
	appendTo(t, file, recorded(t, "before", "interregnum-x", "1", noon.Add(-time.Second)))
	var err error
	c.record, err = recordFrom(t.Context(), "control-plane", file, "interregnum-x")
	g.Expect(err).NotTo(HaveOccurred())

	p := enlisted(c, "1", "controller-1")
	c.pods.Begins(p, "c1", noon)
	c.pods.Begins(p, "c2", noon.Add(4*time.Second))
	c.pods.Begins(enlisted(c, "2", "controller-2"), "c3", noon)
	torn := recorded(t, "torn", "interregnum-x", "1", noon.Add(3*time.Second))
	for _, text := range []string{
		recorded(t, "first", "interregnum-x", "1", noon.Add(time.Second)),
		recorded(t, "anothers", "interregnum-y", "1", noon.Add(time.Second)),
		recorded(t, "rival", "interregnum-x", "2", noon.Add(2*time.Second)),
		torn[:len(torn)/2] + recorded(t, "second", "interregnum-x", "1", noon.Add(5*time.Second)),
		recorded(t, "stranger", "interregnum-x", "3", noon.Add(6*time.Second)),
	} {
		appendTo(t, file, text)
	}
	g.Expect(c.collectWrites(t.Context())).To(Succeed())
	g.Expect(told(c)).To(HaveLen(5))
	g.Expect(told(c)[:4]).To(Equal([]string{"a/1 first", "b/1 rival", "a/2 second", "/0 stranger"}))
	g.Expect(c.observer.Err()).NotTo(HaveOccurred())
}

// The API server may be away when a run is collected, which is when its record matters most.
func TestWritesAreReadWithoutTheAPIServer(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "audit.log")
	c := recording(t, func(string) { panic(http.ErrAbortHandler) })
	c.record = record{node: "control-plane", file: file, namespace: "interregnum-x"}
	appendTo(t, file, recorded(t, "first", "interregnum-x", "1", noon))
	g.Expect(c.collectWrites(t.Context())).To(MatchError(ContainSubstring("making a write that shows how far")))
	g.Expect(told(c)).To(Equal([]string{"/0 first"}))
}

func TestTheRecordMayComeAfterTheAnswer(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "audit.log")
	c := recording(t, func(id string) {
		time.AfterFunc(2*retryNode, func() { appendTo(t, file, recorded(t, id, "interregnum-x", "", noon)) })
	})
	appendTo(t, file, "")
	c.record = record{node: "control-plane", file: file, namespace: "interregnum-x"}
	g.Expect(c.collectWrites(t.Context())).To(Succeed())
	g.Expect(told(c)).To(HaveLen(1))
}

func TestARecordThatIsNotTheAPIServersIsRefused(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "audit.log")
	c := recording(t, func(string) {})
	_, err := recordFrom(t.Context(), "control-plane", file, "interregnum-x")
	g.Expect(err).To(MatchError(And(ContainSubstring("No such file"), ContainSubstring("was the cluster made to record them"))))
	r := record{node: "control-plane", file: file, namespace: "interregnum-x"}
	_, err = r.read(t.Context(), "mark", c.observer.Fail)
	g.Expect(err).To(MatchError(ContainSubstring("expected a file " + file + ", there is none")))

	appendTo(t, file, strings.Repeat(recorded(t, "anothers", "interregnum-y", "1", noon), 3))
	ctx, cancel := context.WithTimeout(t.Context(), 2*retryNode)
	defer cancel()
	_, err = r.read(ctx, "mark", c.observer.Fail)
	g.Expect(err).To(MatchError(And(ContainSubstring("(mark)"), ContainSubstring("is it the log of this API server"))))
	g.Expect(c.observer.Err()).NotTo(HaveOccurred())
}
