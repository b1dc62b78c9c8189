package simcluster

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/scenario"
)

func TestAWriteWhoseAnswerIsLostIsRecordedAsApplied(t *testing.T) {
	onWire(t, func(w wire) {
		inject(&effect{answersLost: true}, w.link)
		began := time.Now().UTC()
		given := w.create("one", 5*time.Second)
		pass(time.Minute)
		w.Expect(given).To(Receive(HaveField("Err", HaveOccurred())))
		w.Expect(*w.wrote).To(Equal([]history.Fact{{
			Kind: history.Wrote, Time: began, Source: history.Source{Replica: "a", Start: 2},
			Write: &history.Write{
				User: "system:serviceaccount:sim:controller", Pod: "a", Verb: "create", Resource: "configmaps", Name: "one",
				Completed: &began, Code: http.StatusCreated, Revision: "1",
			},
		}}))
		w.Expect((*w.wrote)[0].Write.Effect()).To(Equal(history.Applied))
	})
}

func TestAWriteThatIsLostOnItsWayIsNotRecorded(t *testing.T) {
	onWire(t, func(w wire) {
		cut := inject(&effect{requestsLost: true}, w.link)
		w.create("given up", 5*time.Second)
		w.create("late", 0)
		pass(time.Minute)
		w.Expect(*w.wrote).To(BeEmpty())

		w.Expect(cut.Heal(t.Context())).To(Succeed())
		synctest.Wait()
		w.Expect(*w.wrote).To(ConsistOf(HaveField("Write.Name", "late")))
		w.Expect((*w.wrote)[0].Time).To(BeTemporally("==", time.Now()), "it is received when it gets there")
	})
}

func TestAWriteOfWhoMayNotIsRecordedAsRefused(t *testing.T) {
	onWire(t, func(w wire) {
		inject(&effect{forbidden: true}, w.link)
		for method, path := range map[string]string{http.MethodPut: "/mine", http.MethodGet: "/mine"} {
			body := strings.NewReader(`{"metadata":{"name":"mine"},"spec":{"holderIdentity":"me"}}`)
			request, err := http.NewRequestWithContext(t.Context(), method, "http://apiserver.sim/apis/coordination.k8s.io/v1/namespaces/here/leases"+path, body)
			w.Expect(err).NotTo(HaveOccurred())
			response, err := w.RoundTrip(request)
			w.Expect(err).NotTo(HaveOccurred())
			w.Expect(response.Body.Close()).To(Succeed())
			w.Expect(response.StatusCode).To(Equal(http.StatusForbidden))
		}
		asked := map[history.Kind]history.Fact{}
		for _, f := range *w.wrote {
			asked[f.Kind] = f
		}
		w.Expect(asked).To(HaveLen(2))
		w.Expect(asked[history.Looked].Write.Code).To(Equal(http.StatusForbidden), "to look is no write, and is recorded, too")
		wrote := asked[history.Wrote]
		w.Expect(wrote.Write.Effect()).To(Equal(history.Refused))
		w.Expect(wrote.Write.Code).To(Equal(http.StatusForbidden))
		w.Expect(wrote.Write.Verb + " " + wrote.Write.Resource + " " + wrote.Write.Name).To(Equal("update leases.coordination.k8s.io mine"))
		w.Expect(wrote.Replica).To(Equal("a"))
	})
}

// In a whole run, whatever happens in it, the record of writes tells all that the observer saw of the Lease and of the work
// items, once, and by whom.
func TestEveryVersionOfARunHasItsWrite(t *testing.T) {
	for _, name := range []string{
		"leader told to stop, with release", "leader's requests are lost", "leader's answers are lost",
		"API server slow, within what the timings allow", "Lease taken by a stranger", "Lease deleted", "rolling restart",
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			scenarios, _, err := scenario.Known().Select(name)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(scenarios).To(HaveLen(1))
			_, saved := played(t, scenarios[0], scenario.Production, Controller)
			run := saved.Facts

			lives := map[string]history.Source{}
			for _, f := range run {
				if f.Kind == history.Started {
					lives[f.Identity] = f.Source
				}
			}
			holder, versions, unchanged, stamps, deletions := "", 0, 0, 0, 0
			for _, f := range run {
				switch f.Kind {
				case history.LeaseSeen:
					versions++
					wrote := writesOf(run, func(w history.Fact) bool { return w.Lease != nil && w.Write.Revision == f.Lease.ResourceVersion })
					g.Expect(wrote).NotTo(BeEmpty(), "version %s", f.Lease.ResourceVersion)
					// In virtual time a leader can renew twice in a moment: an update that changes nothing makes no version.
					for _, same := range wrote[1:] {
						g.Expect(same.Write.Verb).To(Equal("update"))
						g.Expect(same.Lease).To(Equal(f.Lease))
						g.Expect(same.Source).To(Equal(wrote[0].Source))
						unchanged++
					}
					g.Expect(wrote[0].Lease).To(Equal(f.Lease))
					g.Expect(wrote[0].Time).To(BeTemporally("==", f.Time))
					// Who releases was the holder.
					if f.Lease.Holder != "" {
						holder = f.Lease.Holder
					}
					g.Expect(wrote[0].Source).To(Equal(lives[holder]), "version %s", f.Lease.ResourceVersion)
				case history.LeaseGone:
					deletions++
				case history.Stamped:
					stamps++
					wrote := writesOf(run, func(w history.Fact) bool { return w.Item == f.Item && w.Identity == f.Identity })
					g.Expect(wrote).To(HaveLen(1), f.Item)
					g.Expect(wrote[0].Time).To(BeTemporally("==", f.Time))
					g.Expect(wrote[0].Identity).To(Equal(f.Identity))
					g.Expect(wrote[0].Term).To(Equal(f.Term))
					g.Expect(wrote[0].Source).To(Equal(lives[f.Identity]))
				case history.Made:
					g.Expect(writesOf(run, func(w history.Fact) bool { return w.Item == f.Item && w.Write.User == harness.user })).To(HaveLen(1), f.Item)
				default:
				}
			}
			g.Expect(versions).To(BeNumerically(">", 1))
			g.Expect(stamps).To(BeNumerically(">", 1))
			g.Expect(writesOf(run, func(w history.Fact) bool { return w.Lease != nil })).To(HaveLen(versions+unchanged), "a write that nobody saw")
			g.Expect(writesOf(run, func(w history.Fact) bool { return w.Write.Verb == "delete" })).To(HaveLen(deletions))
			g.Expect(writesOf(run, func(w history.Fact) bool { return w.Write.Resource == "events" && w.Replica != "" })).NotTo(BeEmpty())
		})
	}
}

// writesOf are those that were applied.
func writesOf(facts []history.Fact, is func(history.Fact) bool) (writes []history.Fact) {
	for _, f := range facts {
		if f.Kind == history.Wrote && f.Write.Effect() == history.Applied && is(f) {
			writes = append(writes, f)
		}
	}
	return writes
}
