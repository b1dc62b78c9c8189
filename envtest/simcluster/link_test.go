package simcluster

import (
	"context"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
)

// wire is one replica's link to an API server, in a bubble.
type wire struct {
	*WithT
	transport
	kill context.CancelFunc
	// applied are the names of the objects that the API server has made, in order.
	applied *[]string
	// wrote are the requests to change something that have reached it.
	wrote *[]history.Fact
}

// hearing takes down what an API server tells.
type hearing struct{ wire }

// Version implements Audience.
func (h hearing) Version(o runtime.Object, _ bool) {
	*h.applied = append(*h.applied, o.(metav1.Object).GetName())
}

// Asked implements Audience.
func (h hearing) Asked(fact history.Fact) { *h.wrote = append(*h.wrote, fact) }

func onWire(t *testing.T, test func(w wire)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := wire{WithT: NewWithT(t), applied: new([]string), wrote: new([]history.Fact)}
		life, kill := context.WithCancel(t.Context())
		defer kill()
		w.kill = kill
		w.transport = transport{life: life, link: newLink(NewAPIServer(hearing{w})), by: of(history.Source{Replica: "a", Start: 2})}
		test(w)
	})
}

// answer is how a request ended, and how long after it was sent.
type answer struct {
	Code  int
	Err   error
	After time.Duration
}

// create sends a request to make an item, with a deadline if that is not zero. The answer comes on a channel.
func (w wire) create(name string, deadline time.Duration) <-chan answer {
	ctx, cancel := w.life, context.CancelFunc(func() {})
	// The request's own context does not end with the life: that is for the link to notice.
	if ctx = context.WithoutCancel(ctx); deadline > 0 {
		ctx, cancel = context.WithTimeout(ctx, deadline)
	}
	answers := make(chan answer, 1)
	go func() {
		defer cancel()
		sent := time.Now()
		body := strings.NewReader(`{"metadata":{"name":"` + name + `"}}`)
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://apiserver.sim/api/v1/namespaces/here/configmaps", body)
		w.Expect(err).NotTo(HaveOccurred())
		got := answer{}
		response, err := w.RoundTrip(request)
		if got.Err = err; err == nil {
			got.Code = response.StatusCode
			got.Err = response.Body.Close()
		}
		got.After = time.Since(sent)
		answers <- got
	}()
	synctest.Wait()
	return answers
}

// created expects that a request was answered after so long.
func created(after time.Duration) OmegaMatcher {
	return Receive(Equal(answer{Code: http.StatusCreated, After: after}))
}

// failed expects that a request failed after so long.
func failed(err error, after time.Duration) OmegaMatcher {
	return Receive(And(HaveField("Err", MatchError(err)), HaveField("After", after)))
}

// pass lets virtual time pass.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // In a bubble, it is how time passes.
	synctest.Wait()
}

func TestALinkPassesWhatNothingHolds(t *testing.T) {
	onWire(t, func(w wire) {
		w.Expect(w.create("one", 0)).To(created(0))
		w.Expect(w.passed.Load()).To(Equal(int64(1)))
	})
}

// shown is an injection's evidence, which is always to be had in the model.
func shown(t *testing.T, i *injection) fault.Evidence {
	t.Helper()
	evidence, err := i.Evidence(t.Context())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return evidence
}

func TestLostRequestsArriveAfterTheHeal(t *testing.T) {
	onWire(t, func(w wire) {
		cut := inject(&effect{requestsLost: true}, w.link)
		held := w.create("one", 0)
		pass(time.Minute)
		w.Expect(held).NotTo(Receive())
		w.Expect(*w.applied).To(BeEmpty())
		w.Expect(shown(t, cut).Touched).To(Equal(int64(1)))

		w.Expect(cut.Heal(t.Context())).To(Succeed())
		synctest.Wait()
		w.Expect(held).To(created(time.Minute))
		w.Expect(*w.applied).To(Equal([]string{"one"}))
		w.Expect(shown(t, cut).Passed).To(Equal(int64(1)))
		w.Expect(w.create("two", 0)).To(created(0))
		w.Expect(shown(t, cut).Touched).To(Equal(int64(1)), "it must not count what came after the heal")
		w.Expect(shown(t, cut).Passed).To(Equal(int64(2)))
	})
}

func TestALostRequestIsGivenUpAtItsDeadlineAndNeverApplied(t *testing.T) {
	onWire(t, func(w wire) {
		cut := inject(&effect{requestsLost: true}, w.link)
		held := w.create("one", 5*time.Second)
		pass(time.Minute)
		w.Expect(held).To(failed(context.DeadlineExceeded, 5*time.Second))
		w.Expect(cut.Heal(t.Context())).To(Succeed())
		pass(time.Minute)
		w.Expect(*w.applied).To(BeEmpty())
		w.Expect(shown(t, cut).Passed).To(BeZero())
	})
}

func TestLostAnswersAreOfRequestsThatWereApplied(t *testing.T) {
	onWire(t, func(w wire) {
		cut := inject(&effect{answersLost: true}, w.link)
		impatient, patient := w.create("one", 5*time.Second), w.create("two", 0)
		w.Expect(*w.applied).To(Equal([]string{"one", "two"}))
		pass(time.Minute)
		w.Expect(impatient).To(failed(context.DeadlineExceeded, 5*time.Second))
		w.Expect(patient).NotTo(Receive())
		w.Expect(shown(t, cut).Touched).To(Equal(int64(2)))

		w.Expect(cut.Heal(t.Context())).To(Succeed())
		synctest.Wait()
		w.Expect(patient).To(created(time.Minute))
		w.Expect(shown(t, cut).Passed).To(Equal(int64(1)))
	})
}

func TestAFrozenReplicaDoesNotNoticeItsDeadlines(t *testing.T) {
	onWire(t, func(w wire) {
		freeze := inject(&effect{frozen: true}, w.link)
		passing, far := w.create("one", 5*time.Second), w.create("two", 2*time.Minute)
		pass(time.Minute)
		w.Expect(passing).NotTo(Receive(), "nobody is awake to notice the deadline")
		w.Expect(shown(t, freeze).Touched).To(Equal(int64(2)))

		w.Expect(freeze.Heal(t.Context())).To(Succeed())
		synctest.Wait()
		w.Expect(passing).To(failed(context.DeadlineExceeded, time.Minute))
		w.Expect(far).To(created(time.Minute))
		w.Expect(*w.applied).To(Equal([]string{"two"}))
	})
}

func TestAnAPIServerThatIsAwayRefusesAtOnce(t *testing.T) {
	onWire(t, func(w wire) {
		away := inject(&effect{away: true}, w.link)
		w.Expect(w.create("one", 0)).To(failed(syscall.ECONNREFUSED, 0))
		w.Expect(*w.applied).To(BeEmpty())
		w.Expect(shown(t, away).Touched).To(Equal(int64(1)))
		w.Expect(away.Heal(t.Context())).To(Succeed())
		w.Expect(w.create("two", 0)).To(created(0))
		w.Expect(shown(t, away).Passed).To(Equal(int64(1)))
	})
}

func TestLatencyIsAddedInEachDirection(t *testing.T) {
	onWire(t, func(w wire) {
		slow := inject(&effect{latency: time.Second}, w.link)
		under := w.create("one", 0)
		pass(1500 * time.Millisecond)
		w.Expect(*w.applied).To(Equal([]string{"one"}), "one way is behind it, and one ahead")
		pass(time.Second)
		w.Expect(under).To(created(2 * time.Second))
		w.Expect(shown(t, slow).Touched).To(Equal(int64(2)))

		late := w.create("two", 1500*time.Millisecond)
		pass(time.Minute)
		w.Expect(late).To(failed(context.DeadlineExceeded, 1500*time.Millisecond))
		w.Expect(*w.applied).To(Equal([]string{"one", "two"}), "it was given up on its way back")
	})
}

func TestWhatTwoFaultsHoldGoesOnAfterBothHeals(t *testing.T) {
	onWire(t, func(w wire) {
		first, second := inject(&effect{requestsLost: true}, w.link), inject(&effect{frozen: true}, w.link)
		held := w.create("one", 0)
		pass(time.Second)
		w.Expect(second.Heal(t.Context())).To(Succeed())
		pass(time.Second)
		w.Expect(held).NotTo(Receive())
		w.Expect(first.Heal(t.Context())).To(Succeed())
		synctest.Wait()
		w.Expect(held).To(created(2 * time.Second))
		w.Expect(shown(t, first).Touched).To(Equal(int64(1)))
		w.Expect(shown(t, second).Touched).To(Equal(int64(1)))
	})
}

func TestNothingOfAKilledLifeArrives(t *testing.T) {
	for name, e := range map[string]*effect{
		"nothing": {}, "partitioned": {requestsLost: true}, "frozen": {frozen: true}, "slow": {latency: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			onWire(t, func(w wire) {
				fault := inject(e, w.link)
				var before <-chan answer
				if name != "nothing" {
					before = w.create("before", 0)
				}
				pass(time.Second)
				w.kill()
				synctest.Wait()
				if before != nil {
					w.Expect(before).To(failed(errLifeEnded, time.Second))
				}
				w.Expect(w.create("after", 0)).To(failed(errLifeEnded, 0))
				w.Expect(fault.Heal(t.Context())).To(Succeed())
				pass(time.Minute)
				w.Expect(*w.applied).To(BeEmpty())
			})
		})
	}
}
