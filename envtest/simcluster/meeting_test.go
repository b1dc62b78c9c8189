package simcluster

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gstruct"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
)

// meets makes a fault on the wire's requests about work items, which are what it creates.
func meets(w wire, m meeting) *injection {
	m.of = fault.WorkWrites
	return inject(&effect{meeting: &m}, w.link)
}

func TestAStalledRequestGoesOnAtTheHeal(t *testing.T) {
	onWire(t, func(w wire) {
		stall := meets(w, meeting{stalls: true, only: 1})
		held := w.create("one", 0)
		w.Expect(w.create("two", 0)).To(created(0), "only one stalls")
		pass(time.Minute)
		w.Expect(held).NotTo(Receive())
		w.Expect(shown(t, stall).Touched).To(Equal(int64(1)))
		w.Expect(stall.Bitten()).To(BeClosed())

		w.Expect(stall.Heal(t.Context())).To(Succeed())
		w.Expect(stall.Heal(t.Context())).To(Succeed(), "it can be healed again")
		synctest.Wait()
		w.Expect(held).To(created(time.Minute))
		w.Expect(*w.applied).To(Equal([]string{"two", "one"}))
		w.Expect(w.create("three", 0)).To(created(0))
		w.Expect(shown(t, stall)).To(Equal(fault.Evidence{Touched: 1, Passed: 2}))
	})
}

func TestAStalledRequestIsLostWithItsSender(t *testing.T) {
	onWire(t, func(w wire) {
		stall := meets(w, meeting{stalls: true})
		impatient, patient := w.create("one", 5*time.Second), w.create("two", 0)
		pass(5 * time.Second)
		w.Expect(impatient).To(failed(context.DeadlineExceeded, 5*time.Second))
		w.kill()
		synctest.Wait()
		w.Expect(patient).To(failed(errLifeEnded, 5*time.Second))
		w.Expect(stall.Heal(t.Context())).To(Succeed())
		pass(time.Minute)
		w.Expect(*w.applied).To(BeEmpty())
	})
}

// Whoever has sent a request that is held can be gone when it arrives; it is theirs all the same.
func TestAHeldRequestArrivesWhateverBecameOfItsSender(t *testing.T) {
	for name, gone := range map[string]func(w wire) error{
		"it waits":       func(wire) error { return nil },
		"it gave it up":  func(wire) error { return context.DeadlineExceeded },
		"it was killed":  func(w wire) error { w.kill(); return errLifeEnded },
		"it was cut off": func(w wire) error { inject(&effect{requestsLost: true, answersLost: true}, w.link); return io.EOF },
	} {
		for until, length := range map[string]time.Duration{"the heal": 0, "its time": 10 * time.Second} {
			t.Run(name+", until "+until, func(t *testing.T) {
				onWire(t, func(w wire) {
					hold := meets(w, meeting{holds: true, only: 1, length: length})
					deadline := time.Duration(0)
					if name == "it gave it up" {
						deadline = 2 * time.Second
					}
					// What is held may arrive from its own time on: the API server's lock keeps the two apart.
					applied := func() []string {
						w.server.mu.Lock()
						defer w.server.mu.Unlock()
						return slices.Clone(*w.applied)
					}
					began := time.Now()
					held := w.create("one", deadline)
					w.Expect(w.create("two", 0)).To(created(0), "only one is held")
					pass(2 * time.Second)
					err := gone(w)
					synctest.Wait()
					if err != nil && !errors.Is(err, io.EOF) {
						w.Expect(held).To(failed(err, 2*time.Second))
					}
					pass(8*time.Second - 1)
					w.Expect(applied()).To(Equal([]string{"two"}))
					pass(1)
					if length == 0 {
						w.Expect(applied()).To(Equal([]string{"two"}))
						w.Expect(hold.Heal(t.Context())).To(Succeed())
					}
					synctest.Wait()
					w.Expect(applied()).To(Equal([]string{"two", "one"}))
					w.Expect((*w.wrote)[1]).To(gstruct.MatchFields(gstruct.IgnoreExtras, gstruct.Fields{
						"Source": Equal(history.Source{Replica: "a", Start: 2}), "Time": Equal(began.Add(10 * time.Second).UTC()),
					}))
					if err == nil {
						w.Expect(held).To(created(10 * time.Second))
					} else {
						w.Expect(held).NotTo(Receive())
					}
					w.Expect(shown(t, hold).Touched).To(Equal(int64(1)))
					w.kill() // One that is cut off still waits.
					synctest.Wait()
				})
			})
		}
	}
}

func TestAnAnswerThatIsKept(t *testing.T) {
	onWire(t, func(w wire) {
		late := meets(w, meeting{keepsAnswer: true, length: 10 * time.Second})
		patient, impatient := w.create("one", 0), w.create("two", 5*time.Second)
		w.Expect(*w.applied).To(Equal([]string{"one", "two"}))
		w.Expect(late.Bitten()).To(BeClosed())
		pass(10 * time.Second)
		w.Expect(patient).To(created(10 * time.Second))
		w.Expect(impatient).To(failed(context.DeadlineExceeded, 5*time.Second))
		last := w.create("three", 0)
		pass(time.Second)
		w.Expect(late.Heal(t.Context())).To(Succeed())
		synctest.Wait()
		w.Expect(last).To(created(time.Second))
	})
}

func TestARefusedRequestNeverArrives(t *testing.T) {
	for code, after := range map[int]string{
		http.StatusConflict: "", http.StatusTooManyRequests: "1", http.StatusInternalServerError: "", http.StatusServiceUnavailable: "",
	} {
		onWire(t, func(w wire) {
			refusal := meets(w, meeting{refuses: code, only: 1})
			request, err := http.NewRequestWithContext(w.life, http.MethodPut, "http://apiserver.sim/api/v1/namespaces/here/configmaps/one", strings.NewReader("{}"))
			w.Expect(err).NotTo(HaveOccurred())
			response, err := w.RoundTrip(request)
			w.Expect(err).NotTo(HaveOccurred())
			w.Expect(response.StatusCode).To(Equal(code))
			w.Expect(response.Header.Get("Retry-After")).To(Equal(after))
			w.Expect(response.Body.Close()).To(Succeed())
			w.Expect(*w.wrote).To(BeEmpty())
			w.Expect(w.create("two", 0)).To(created(0), "only one is refused")
			w.Expect(shown(t, refusal).Touched).To(Equal(int64(1)))
		})
	}
}

func TestAFaultOnRequestsTouchesOnlyWhatMatches(t *testing.T) {
	onWire(t, func(w wire) {
		stall := inject(&effect{meeting: &meeting{of: fault.LeaseWrites, stalls: true}}, w.link)
		w.Expect(w.create("one", 0)).To(created(0))
		for method, path := range map[string]string{
			http.MethodGet:    "/apis/coordination.k8s.io/v1/namespaces/here/leases/mine",
			http.MethodDelete: "/apis/coordination.k8s.io/v1/namespaces/here/leases/mine",
			http.MethodPut:    "/api/v1/namespaces/here/configmaps/leases",
		} {
			request, err := http.NewRequestWithContext(w.life, method, "http://apiserver.sim"+path, http.NoBody)
			w.Expect(err).NotTo(HaveOccurred())
			response, err := w.RoundTrip(request)
			w.Expect(err).NotTo(HaveOccurred())
			w.Expect(response.Body.Close()).To(Succeed())
		}
		w.Expect(shown(t, stall).Touched).To(BeZero())
		w.Expect(stall.Bitten()).NotTo(BeClosed())
	})
}

func TestAFaultOnRequestsThatNobodyKnows(t *testing.T) {
	c := &Cluster{}
	_, err := c.Inject(t.Context(), fault.RequestStalled{Selection: fault.Selection{Replica: "a"}})
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring(`expected a fault on each "write of the Lease"`)))
}
