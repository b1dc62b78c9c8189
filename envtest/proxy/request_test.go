package proxy_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordination "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"

	"github.com/interregnum/interregnum/envtest/proxy"
)

const lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/leader"

func TestStallHoldsUntilTheHeal(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		r := w.settled()
		stall := w.proxy.Inject(proxy.Stall{Match: proxy.LeaseWrites})
		first, second := r.put(lease, "1"), r.put(lease, "1")
		w.Eventually(stall.Touched, patience).Should(Equal(int64(2)))
		w.Expect(r.get(lease).result()).To(Equal("applied "))
		w.sees("GET " + lease + " ")
		w.Consistently(first.done, while).ShouldNot(Receive())
		w.Expect(second.done).NotTo(Receive())
		w.Expect(stall.PassedSinceHeal()).To(BeZero())

		stall.Heal()
		w.Expect(first.result()).To(Equal("applied 1"))
		w.Expect(second.result()).To(Equal("applied 1"))
		w.sees("PUT "+lease+" 1", "PUT "+lease+" 1")
		w.Expect(stall.PassedSinceHeal()).To(Equal(int64(2)))
		w.Expect(r.put(lease, "2").result()).To(Equal("applied 2"))
		w.Expect(stall.Touched()).To(Equal(int64(2)))
	})
}

func TestStallOfExactlyOne(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		r := w.settled()
		stall := w.proxy.Inject(proxy.Stall{Match: proxy.LeaseWrites, Limit: 1})
		w.Expect(r.get(lease).result()).To(Equal("applied "), "what does not match must not use up the limit")
		stalled := r.put(lease, "1")
		w.Eventually(stall.Touched, patience).Should(Equal(int64(1)))
		w.Expect(r.put(lease, "2").result()).To(Equal("applied 2"))
		w.Expect(stalled.done).NotTo(Receive())
		w.sees("GET "+lease+" ", "PUT "+lease+" 2")
		stall.Heal()
		w.Expect(stalled.result()).To(Equal("applied 1"))
		w.Expect(stall.Touched()).To(Equal(int64(1)))
	})
}

func TestAStalledRequestIsLostWithItsClient(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		match, arrived := arrivals()
		r := w.settled()
		stall := w.proxy.Inject(proxy.Stall{Match: match, Limit: 1})
		given := r.impatient(lease, "1")
		ctx := receive(w, arrived)
		_, err := given.result()
		w.Expect(err).To(MatchError(context.DeadlineExceeded))
		w.givenUp(ctx)
		stall.Heal()
		w.Expect(r.put(lease, "2").result()).To(Equal("applied 2"))
		w.sees("PUT " + lease + " 2")
		w.Expect(stall.PassedSinceHeal()).To(Equal(int64(1)))
	})
}

func TestDropAnswerAppliesAndNeverAnswers(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		r := w.settled()
		drop := w.proxy.Inject(proxy.DropAnswer{Match: proxy.LeaseWrites, Limit: 1})
		given := r.impatient(lease, "1")
		w.sees("PUT " + lease + " 1")
		_, err := given.result()
		w.Expect(err).To(MatchError(context.DeadlineExceeded))
		w.Expect(drop.Touched()).To(Equal(int64(1)))
		w.Expect(r.put(lease, "2").result()).To(Equal("applied 2"), "one was to be dropped")
		if w.major == 2 {
			w.Expect(r.dials.Load()).To(Equal(int64(1)), "the connection must live on")
		}

		another := w.proxy.Inject(proxy.DropAnswer{})
		lost := r.put(lease, "3")
		w.Eventually(another.Touched, patience).Should(Equal(int64(1)))
		another.Heal()
		w.Expect(r.put(lease, "4").result()).To(Equal("applied 4"))
		w.Consistently(lost.done, while).ShouldNot(Receive(), "what was dropped stays lost")
		w.Expect(another.PassedSinceHeal()).To(Equal(int64(1)))
	})
}

func TestDelayAnswerAppliesInTimeAndAnswersLate(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		r := w.settled()
		delay := w.proxy.Inject(proxy.DelayAnswer{D: while, Limit: 1})
		began := time.Now()
		late := r.put(lease, "1")
		w.sees("PUT " + lease + " 1")
		w.Expect(r.put(lease, "2").result()).To(Equal("applied 2"))
		w.Expect(late.result()).To(Equal("applied 1"))
		w.Expect(time.Since(began)).To(BeNumerically(">=", while))
		w.Expect(delay.Touched()).To(Equal(int64(1)))

		long := w.proxy.Inject(proxy.DelayAnswer{D: 2 * patience})
		released := r.put(lease, "3")
		w.Eventually(long.Touched, patience).Should(Equal(int64(1)))
		long.Heal()
		w.Expect(released.result()).To(Equal("applied 3"))
		w.Expect(long.PassedSinceHeal()).To(BeZero())
	})
}

func TestHoldAppliesAlthoughTheClientHasGone(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		for name, release := range map[string]func(*proxy.Injection){
			"after its time": func(*proxy.Injection) {},
			"at the heal":    (*proxy.Injection).Heal,
		} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, w.major)
				d := 3 * while
				if name == "at the heal" {
					d = 0
				}
				match, arrived := arrivals()
				r := w.settled()
				hold := w.proxy.Inject(proxy.Hold{D: d, Match: match, Limit: 1})
				began := time.Now()
				given := r.impatient(lease, "1")
				ctx := receive(w, arrived)
				_, err := given.result()
				w.Expect(err).To(MatchError(context.DeadlineExceeded))
				w.givenUp(ctx)
				w.Expect(w.api.applied).NotTo(Receive())
				w.Expect(hold.Touched()).To(Equal(int64(1)))

				release(hold)
				w.sees("PUT " + lease + " 1")
				if name == "after its time" {
					w.Expect(time.Since(began)).To(BeNumerically(">=", d))
				}
				hold.Heal()
				w.Expect(hold.PassedSinceHeal()).To(BeZero(), "an answer that nobody waits for proves nothing")
			})
		}
	})
}

func TestHoldAnswersAClientThatWaits(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		w.proxy.Inject(proxy.Hold{D: while})
		began := time.Now()
		w.Expect(w.replica().put(lease, "1").result()).To(Equal("applied 1"))
		w.Expect(time.Since(began)).To(BeNumerically(">=", while))
	})
}

func TestRespondIsAnErrorThatClientsKnow(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		config := &rest.Config{
			Host: w.proxy.URL(), BearerToken: "replica",
			TLSClientConfig: rest.TLSClientConfig{CAData: w.proxy.CAData()},
		}
		transport, err := rest.TransportFor(config)
		w.Expect(err).NotTo(HaveOccurred())
		client, err := coordination.NewForConfigAndClient(config, &http.Client{Transport: transport})
		w.Expect(err).NotTo(HaveOccurred())
		for name, test := range map[string]struct {
			status int
			method string
			is     func(error) bool
		}{
			"conflict":        {409, "PUT", apierrors.IsConflict},
			"exists":          {409, "POST", apierrors.IsAlreadyExists},
			"too many":        {429, "PUT", apierrors.IsTooManyRequests},
			"internal":        {500, "PUT", apierrors.IsInternalError},
			"unavailable":     {503, "GET", apierrors.IsServiceUnavailable},
			"unauthorized":    {401, "GET", apierrors.IsUnauthorized},
			"forbidden":       {403, "PATCH", apierrors.IsForbidden},
			"gateway timeout": {504, "GET", apierrors.IsTimeout},
		} {
			injection := w.proxy.Inject(proxy.Respond{Status: test.status, Limit: 1})
			// Without its own retries, which would hide a 429.
			request := client.RESTClient().Verb(test.method).AbsPath(lease).MaxRetries(0)
			if test.method != "GET" {
				request.Body(&coordinationv1.Lease{})
			}
			err := request.Do(context.Background()).Error()
			w.Expect(test.is(err)).To(BeTrue(), "%s: got %#v", name, err)
			var status *apierrors.StatusError
			w.Expect(errors.As(err, &status)).To(BeTrue(), "expected a status, got %#v", err)
			w.Expect(status.Status().Status).To(Equal(metav1.StatusFailure))
			w.Expect(status.Status().Code).To(Equal(int32(test.status)))
			w.Expect(status.Status().Details.Causes).To(BeEmpty(), "a body that is no Status shows up as a cause")
			seconds, ok := apierrors.SuggestsClientDelay(err)
			w.Expect(ok).To(Equal(test.status == 429))
			if ok {
				w.Expect(seconds).To(Equal(1))
			}
			w.Expect(injection.Touched()).To(Equal(int64(1)))
		}
		w.sees()
		r := w.replica()
		w.proxy.Inject(proxy.Respond{Status: 429, Limit: 1})
		answer, err := r.open(t.Context(), "GET", lease, "")
		w.Expect(err).NotTo(HaveOccurred())
		w.Expect(answer.Header.Get("Retry-After")).To(Equal("1"))
		w.Expect(answer.Body.Close()).To(Succeed())
		w.Expect(r.put(lease, "1").result()).To(Equal("applied 1"))
		w.t.Cleanup(func() { transportOf(transport).CloseIdleConnections() })
	})
}

func TestRespondRefusesWhatIsNoError(t *testing.T) {
	w := newWorld(t, 2)
	w.Expect(func() { w.proxy.Inject(proxy.Respond{Status: 200}) }).To(PanicWith(ContainSubstring("200")))
}

// The first that was injected is met first, and what it answers never meets the second.
func TestRequestsMeetFaultsInOrder(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		r := w.settled()
		hold := w.proxy.Inject(proxy.Hold{D: while})
		respond := w.proxy.Inject(proxy.Respond{Status: 500, Limit: 1})
		drop := w.proxy.Inject(proxy.DropAnswer{Limit: 1})
		began := time.Now()
		_, err := r.put(lease, "").result()
		w.Expect(err).To(MatchError(ContainSubstring("500")))
		w.Expect(time.Since(began)).To(BeNumerically(">=", while))
		w.Expect(hold.Touched()).To(Equal(int64(1)))
		w.Expect(respond.Touched()).To(Equal(int64(1)))
		w.Expect(drop.Touched()).To(BeZero())
		w.sees()
	})
}

// A request that was stalled meets the world as it is when it goes on.
func TestAFaultHealedMeanwhileIsNotMet(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		r := w.settled()
		stall := w.proxy.Inject(proxy.Stall{})
		respond := w.proxy.Inject(proxy.Respond{Status: 500})
		stalled := r.put(lease, "1")
		w.Eventually(stall.Touched, patience).Should(Equal(int64(1)))
		respond.Heal()
		stall.Heal()
		w.Expect(stalled.result()).To(Equal("applied 1"))
		w.Expect(respond.Touched()).To(BeZero())
	})
}

func TestRequestFaultsTouchOnlyWhatMatches(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		injections := []*proxy.Injection{
			w.proxy.Inject(proxy.Stall{Match: proxy.LeaseWrites}),
			w.proxy.Inject(proxy.Hold{D: patience, Match: proxy.LeaseWrites}),
			w.proxy.Inject(proxy.DropAnswer{Match: proxy.LeaseWrites}),
			w.proxy.Inject(proxy.DelayAnswer{D: patience, Match: proxy.LeaseWrites}),
			w.proxy.Inject(proxy.Respond{Status: 500, Match: proxy.LeaseWrites}),
		}
		w.settled()
		for _, i := range injections {
			w.Expect(i.Touched()).To(BeZero())
		}
	})
}

func TestHealIsIdempotent(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		stall := w.proxy.Inject(proxy.Stall{})
		stalled := w.replica().put(lease, "1")
		w.Eventually(stall.Touched, patience).Should(Equal(int64(1)))
		var healing sync.WaitGroup
		for range 10 {
			healing.Go(stall.Heal)
		}
		healing.Wait()
		w.Expect(stalled.result()).To(Equal("applied 1"))
		w.Expect(stall.PassedSinceHeal()).To(Equal(int64(1)))
	})
}

func TestMatchers(t *testing.T) {
	const all = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
	for _, test := range []struct {
		method, path string
		write, read  bool
		work         bool
	}{
		{"PUT", lease, true, false, false},
		{"PATCH", lease, true, false, false},
		{"POST", all, true, false, false},
		{"GET", lease, false, true, false},
		{"GET", all + "?watch=true", false, true, false},
		{"GET", "/apis/coordination.k8s.io/v1/leases", false, true, false},
		{"DELETE", lease, false, false, false},
		{"PUT", "/api/v1/namespaces/default/configmaps/leases", false, false, true},
		{"PATCH", "/api/v1/namespaces/configmaps/configmaps/work-1", false, false, true},
		{"POST", "/api/v1/configmaps", false, false, true},
		{"GET", "/api/v1/namespaces/default/configmaps/work-1", false, false, false},
		{"DELETE", "/api/v1/namespaces/default/configmaps/work-1", false, false, false},
		{"PATCH", "/api/v1/namespaces/configmaps/events/configmaps", false, false, false},
		{"PATCH", "/api/v1/namespaces/configmaps", false, false, true},
		{"PATCH", "/apis/example.org/v1/namespaces/default/configmaps/work-1", false, false, true},
		{"POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", false, false, false},
		{"PUT", "/apis/example.org/v1/namespaces/default/leases/leader", false, false, true},
		{"PUT", "/apis/coordination.k8s.io/v1/namespaces/leases/leasecandidates/leader", false, false, true},
		{"PUT", "/apis/coordination.k8s.io/v1/namespaces/leases/leases/leader", true, false, false},
		{"GET", "/apis/coordination.k8s.io/v1", false, false, false},
		{"GET", "/leases", false, false, false},
		{"GET", "/", false, false, false},
	} {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			g := NewWithT(t)
			request := httptest.NewRequest(test.method, test.path, nil)
			g.Expect(proxy.LeaseWrites(request)).To(Equal(test.write), "LeaseWrites")
			g.Expect(proxy.WorkWrites(request)).To(Equal(test.work), "WorkWrites")
			g.Expect(proxy.LeaseReads(request)).To(Equal(test.read), "LeaseReads")
		})
	}
}

// transportOf digs the connections out of the wrappers that client-go puts around them.
func transportOf(wrapped http.RoundTripper) *http.Transport {
	for {
		if transport, ok := wrapped.(*http.Transport); ok {
			return transport
		}
		wrapped = wrapped.(interface{ WrappedRoundTripper() http.RoundTripper }).WrappedRoundTripper()
	}
}
