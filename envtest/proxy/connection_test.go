package proxy_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/envtest/proxy"
)

var directions = map[proxy.Direction]string{proxy.Both: "Both", proxy.Requests: "Requests", proxy.Answers: "Answers"}

func TestABlackholeClosesNothingAndDeliversAfterTheHeal(t *testing.T) {
	for direction, name := range directions {
		t.Run(name, func(t *testing.T) {
			onEachProtocol(t, func(t *testing.T, w *world) {
				old := w.settled()
				cut := w.proxy.Inject(proxy.Blackhole{Direction: direction})

				held := old.put("/held", "1")
				if direction == proxy.Answers {
					w.sees("PUT /held 1")
				}
				_, err := w.replica().impatient("/new", "2").result()
				w.Expect(err).To(MatchError(context.DeadlineExceeded), "a new connection must hang, and not fail")
				w.Expect(w.api.applied).NotTo(Receive())
				w.Expect(held.done).NotTo(Receive(), "the old connection must hang, and not fail")
				w.Expect(cut.Touched()).To(BeNumerically(">", 1))
				w.Expect(cut.PassedSinceHeal()).To(BeZero())

				cut.Heal()
				w.Expect(held.result()).To(Equal("applied 1"))
				w.Expect(old.dials.Load()).To(Equal(int64(1)), "the held request must come by the connection that was held")
				if direction == proxy.Answers {
					w.Expect(cut.PassedSinceHeal()).To(BeZero(), "what was forwarded before the heal proves nothing")
				} else {
					w.sees("PUT /held 1")
					w.Expect(cut.PassedSinceHeal()).To(Equal(int64(1)))
				}
				before, passed := cut.Touched(), cut.PassedSinceHeal()
				w.Expect(old.put("/after", "3").result()).To(Equal("applied 3"))
				w.sees("PUT /after 3")
				w.Expect(cut.Touched()).To(Equal(before))
				w.Expect(cut.PassedSinceHeal()).To(Equal(passed + 1))
			})
		})
	}
}

func TestABlackholeStallsAWatchThatThenGoesOn(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		watch := w.replica().watch()
		w.api.events <- "first"
		w.Eventually(watch.events, patience).Should(Receive(Equal("first")))

		cut := w.proxy.Inject(proxy.Blackhole{Direction: proxy.Answers})
		w.api.events <- "second"
		w.api.events <- "third"
		w.Consistently(watch.events, while).ShouldNot(Receive())
		w.Expect(watch.ended).NotTo(Receive())

		cut.Heal()
		w.Eventually(watch.events, patience).Should(Receive(Equal("second")))
		w.Eventually(watch.events, patience).Should(Receive(Equal("third")))
		w.api.events <- "fourth"
		w.Eventually(watch.events, patience).Should(Receive(Equal("fourth")))
	})
}

// A FIN or a RST is a packet like any other.
func TestABlackholeHoldsGoodbyesToo(t *testing.T) {
	t.Run("of the API server", func(t *testing.T) {
		onEachProtocol(t, func(t *testing.T, w *world) {
			watch := w.replica().watch()
			cut := w.proxy.Inject(proxy.Blackhole{Direction: proxy.Answers})
			w.api.die()
			w.Consistently(watch.ended, while).ShouldNot(Receive())
			cut.Heal()
			w.Expect(receive(w, watch.ended)).To(brokenOff)
		})
	})
	t.Run("of the replica", func(t *testing.T) {
		onEachProtocol(t, func(t *testing.T, w *world) {
			watch := w.replica().watch()
			cut := w.proxy.Inject(proxy.Blackhole{Direction: proxy.Requests})
			watch.cancel()
			_ = receive(w, watch.ended) // It ended; the error is the client's own.
			w.Consistently(w.api.unwatched, while).ShouldNot(Receive())
			w.Expect(cut.Touched()).To(BeNumerically(">", 0))
			cut.Heal()
			receive(w, w.api.unwatched)
		})
	})
}

func TestAHealOfOneBlackholeLeavesTheOther(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		r := w.settled()
		both := w.proxy.Inject(proxy.Blackhole{})
		requests := w.proxy.Inject(proxy.Blackhole{Direction: proxy.Requests})
		held := r.put("/held", "")
		w.Eventually(both.Touched, patience).Should(BeNumerically(">", 0))
		both.Heal()
		w.Consistently(held.done, while).ShouldNot(Receive())
		requests.Heal()
		w.Expect(held.result()).To(Equal("applied "))
	})
}

// What is held beyond what a connection takes in makes the sender wait, and nothing of it is lost or swapped.
func TestABlackholeHoldsMoreThanAWindow(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		w.settled()
		downloading, uploading := w.replica(), w.replica()
		// By way of open connections, as new ones would get stuck before their first request.
		w.Expect(downloading.put("/hello", "").result()).To(Equal("applied "))
		w.Expect(uploading.put("/hello", "").result()).To(Equal("applied "))
		answers := w.proxy.Inject(proxy.Blackhole{Direction: proxy.Answers})
		download, upload := downloading.get("/large"), uploading.put("/echo", large)
		w.Eventually(answers.Touched, patience).Should(BeNumerically(">", 2))
		requests := w.proxy.Inject(proxy.Blackhole{Direction: proxy.Requests})
		answers.Heal()
		w.Eventually(requests.Touched, patience).Should(BeNumerically(">", 0))
		requests.Heal()
		for _, c := range []*call{download, upload} {
			body, err := c.result()
			w.Expect(err).NotTo(HaveOccurred())
			w.Expect(strings.Compare(body, large)).To(BeZero(), "expected the bytes that were sent, got %d others", len(body))
		}
	})
}

func TestAResetBreaksLiveConnectionsOnce(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		r := w.settled()
		watch := w.replica().watch()
		// Not a GET, which net/http sends again by itself when a connection that was used before breaks.
		inFlight := r.put("/never", "")
		w.sees("PUT /never ")
		idle := r.dial()
		// It gets through where everything else is held.
		cut := w.proxy.Inject(proxy.Blackhole{})

		began := time.Now()
		reset := w.proxy.Inject(proxy.Reset{})
		_, err := inFlight.result()
		w.Expect(err).To(brokenOff)
		w.Expect(receive(w, watch.ended)).To(brokenOff)
		_, err = io.Copy(io.Discard, idle)
		w.Expect(err).To(MatchError(syscall.ECONNRESET), "a FIN would be no reset")
		w.Expect(time.Since(began)).To(BeNumerically("<", time.Second))
		w.Expect(reset.Touched()).To(Equal(int64(3)))
		receive(w, w.api.unwatched)

		cut.Heal()
		w.Expect(r.put("/after", "").result()).To(Equal("applied "))
		w.Expect(r.dials.Load()).To(Equal(int64(2)))
		w.Expect(reset.PassedSinceHeal()).To(BeZero())
		reset.Heal()
		w.Expect(r.put("/after", "").result()).To(Equal("applied "))
		w.Expect(reset.PassedSinceHeal()).To(Equal(int64(1)))
		w.Expect(reset.Touched()).To(Equal(int64(3)))
	})
}

func TestDeadConnectionsHangWhileNewOnesWork(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		old := w.settled()
		dead := w.proxy.Inject(proxy.DeadConnections{})
		held := old.put("/held", "1")
		w.Eventually(dead.Touched, patience).Should(BeNumerically(">", 0))

		w.Expect(w.replica().put("/new", "2").result()).To(Equal("applied 2"))
		w.sees("PUT /new 2")
		w.Consistently(held.done, while).ShouldNot(Receive())
		w.Expect(w.api.applied).NotTo(Receive())

		dead.Heal()
		w.Expect(held.result()).To(Equal("applied 1"))
		w.sees("PUT /held 1")
		w.Expect(old.dials.Load()).To(Equal(int64(1)))
		w.Expect(dead.PassedSinceHeal()).To(Equal(int64(1)))
	})
}

func TestLatencyDelaysEachDirection(t *testing.T) {
	const d = 100 * time.Millisecond
	onEachProtocol(t, func(t *testing.T, w *world) {
		r, watch := w.settled(), w.replica().watch()
		slow := w.proxy.Inject(proxy.Latency{D: d})

		began := time.Now()
		c := r.put("/slow", "")
		w.sees("PUT /slow ")
		w.Expect(time.Since(began)).To(BeNumerically(">=", d))
		w.Expect(c.result()).To(Equal("applied "))
		w.Expect(time.Since(began)).To(BeNumerically(">=", 2*d))
		began = time.Now()
		w.api.events <- "late"
		w.Expect(receive(w, watch.events)).To(Equal("late"))
		w.Expect(time.Since(began)).To(BeNumerically(">=", d))
		w.Expect(slow.Touched()).To(BeNumerically(">=", 2))

		slow.Heal()
		touched := slow.Touched()
		// What the protocol still has underway goes first.
		w.Expect(r.put("/between", "").result()).To(Equal("applied "))
		w.Expect(slow.Touched()).To(Equal(touched))
	})
}

// A long way is not a narrow one: chunks travel together.
func TestLatencyKeepsThroughputAndOrder(t *testing.T) {
	const d, count = 200 * time.Millisecond, 25
	onEachProtocol(t, func(t *testing.T, w *world) {
		watch := w.replica().watch()
		slow := w.proxy.Inject(proxy.Latency{D: d})
		began := time.Now()
		for n := range count {
			// One by one, so that each is a chunk of its own.
			touched := slow.Touched()
			w.api.events <- fmt.Sprint(n)
			w.Eventually(slow.Touched, patience, "1ms").Should(BeNumerically(">", touched))
		}
		slow.Heal()
		// Those sent now are due before those underway.
		for n := range count {
			w.api.events <- fmt.Sprint(count + n)
		}
		for n := range 2 * count {
			w.Expect(receive(w, watch.events)).To(Equal(fmt.Sprint(n)))
			if n == 0 {
				w.Expect(time.Since(began)).To(BeNumerically(">=", d))
			}
		}
		w.Expect(time.Since(began)).To(BeNumerically("<", d*count/2))
	})
}

func TestConnectionFaultsTouchNothingWhereNothingPasses(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		injections := []*proxy.Injection{
			w.proxy.Inject(proxy.Blackhole{}),
			w.proxy.Inject(proxy.DeadConnections{}),
			w.proxy.Inject(proxy.Latency{D: time.Millisecond}),
			w.proxy.Inject(proxy.Reset{}),
		}
		for _, i := range injections {
			w.Expect(i.Touched()).To(BeZero())
			i.Heal()
			w.Expect(i.PassedSinceHeal()).To(BeZero())
		}
		w.settled()
		for _, i := range injections {
			w.Expect(i.Touched()).To(BeZero())
			w.Expect(i.PassedSinceHeal()).To(Equal(int64(1)))
		}
	})
}

func TestABlackholeHoldsWhatLatencyHasUnderway(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		r := w.settled()
		slow := w.proxy.Inject(proxy.Latency{D: while})
		c := r.put("/slow", "")
		w.Eventually(slow.Touched, patience, "1ms").Should(BeNumerically(">", 0))
		cut := w.proxy.Inject(proxy.Blackhole{Direction: proxy.Requests})
		w.Expect(cut.Touched()).To(BeNumerically(">", 0))
		w.Consistently(c.done, 2*while).ShouldNot(Receive())
		w.sees()
		cut.Heal()
		w.Expect(c.result()).To(Equal("applied "))
	})
}

func TestWhatTheServerSaysOfBrokenConnectionsGoesToTheLog(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		r := w.settled()
		stranger := newWorld(t, w.major)
		_, err := r.http.Get(stranger.proxy.URL())
		w.Expect(err).To(MatchError(ContainSubstring("certificate")), "a proxy must not be trusted by another's certificate")
		w.Eventually(stranger.log.String, patience).Should(ContainSubstring("TLS handshake error"))
		w.Expect(strings.TrimSpace(w.log.String())).To(BeEmpty())
	})
}
