package simcluster

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

// dying makes the connections of the wire's life dead, and gives them up after so long.
func (w wire) dying(after time.Duration) *injection {
	dead := &connections{life: w.life, givenUp: make(chan struct{})}
	time.AfterFunc(after, func() { close(dead.givenUp) })
	return inject(&effect{dead: dead}, w.link)
}

func TestNothingArrivesOnADeadConnectionUntilItIsGivenUp(t *testing.T) {
	onWire(t, func(w wire) {
		dead := w.dying(45 * time.Second)
		impatient, patient := w.create("one", 5*time.Second), w.create("two", 0)
		pass(44 * time.Second)
		w.Expect(impatient).To(failed(context.DeadlineExceeded, 5*time.Second))
		w.Expect(patient).NotTo(Receive())
		pass(time.Second)
		w.Expect(patient).To(failed(errConnectionLost, 45*time.Second))
		w.Expect(*w.applied).To(BeEmpty())
		w.Expect(shown(t, dead).Touched).To(Equal(int64(2)))
		w.Expect(w.create("three", 0)).To(created(0), "over a new connection")
		w.Expect(*w.applied).To(Equal([]string{"three"}))
		w.Expect(dead.Heal(t.Context())).To(Succeed())
		w.Expect(w.create("four", 0)).To(created(0))
		w.Expect(shown(t, dead).Passed).To(Equal(int64(1)))
	})
}

func TestWhatADeadConnectionHeldArrivesAfterTheHeal(t *testing.T) {
	onWire(t, func(w wire) {
		dead := w.dying(45 * time.Second)
		held := w.create("one", 0)
		pass(10 * time.Second)
		w.Expect(dead.Heal(t.Context())).To(Succeed())
		synctest.Wait()
		w.Expect(held).To(created(10 * time.Second))
	})
}

func TestALaterLifeHasConnectionsOfItsOwn(t *testing.T) {
	onWire(t, func(w wire) {
		w.dying(45 * time.Second)
		next, end := context.WithCancel(context.Background())
		defer end()
		later := w
		later.life = next
		w.Expect(later.create("one", 0)).To(created(0))
	})
}

// lease sends a request about the Lease, and returns the status of its answer.
func (w wire) lease(method, path, body string) int {
	request, err := http.NewRequestWithContext(w.life, method, "http://apiserver.sim/apis/coordination.k8s.io/v1/namespaces/here/leases"+path, strings.NewReader(body))
	w.Expect(err).NotTo(HaveOccurred())
	if method == http.MethodPatch {
		request.Header.Set("Content-Type", "application/merge-patch+json")
	}
	response, err := w.RoundTrip(request)
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(response.Body.Close()).To(Succeed())
	return response.StatusCode
}

func TestWritesOfTheLeaseAreRefused(t *testing.T) {
	onWire(t, func(w wire) {
		const lock = `{"metadata":{"name":"lock"},"spec":{"holderIdentity":"me"}}`
		w.Expect(w.lease(http.MethodPost, "", lock)).To(Equal(http.StatusCreated))
		refusal := inject(&effect{refused: true}, w.link)
		w.Expect(w.lease(http.MethodPost, "", `{"metadata":{"name":"other"}}`)).To(Equal(http.StatusUnprocessableEntity))
		w.Expect(w.lease(http.MethodPatch, "/lock", `{"spec":{"holderIdentity":"you"}}`)).To(Equal(http.StatusUnprocessableEntity))
		w.Expect(w.lease(http.MethodGet, "/lock", "")).To(Equal(http.StatusOK))
		w.Expect(w.create("an-item", 0)).To(created(0))
		w.Expect(shown(t, refusal).Touched).To(Equal(int64(2)))
		w.Expect(refusal.Bitten()).To(BeClosed())
		w.Expect(refusal.Heal(t.Context())).To(Succeed())
		w.Expect(w.lease(http.MethodPatch, "/lock", `{"spec":{"holderIdentity":"you"}}`)).To(Equal(http.StatusOK))
		w.Expect(shown(t, refusal).Passed).To(Equal(int64(1)))
		var effects []history.Effect
		for _, f := range *w.wrote {
			if f.Kind == history.Wrote && f.Write.Resource == history.Leases {
				effects = append(effects, f.Write.Effect())
			}
		}
		w.Expect(effects).To(Equal([]history.Effect{history.Applied, history.Refused, history.Refused, history.Applied}), "all of it is recorded")
	})
}
