package simcluster

import (
	"context"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

// reading is somebody who reads a watch at the replica's end of the link.
type reading struct {
	// names are those of the objects in the events that have arrived, in order.
	names chan string
	// ended gets the error that ended the stream.
	ended chan error
	stop  context.CancelFunc
	body  io.Closer
}

// read begins a watch, and reads it until it ends.
func (w wire) read() *reading {
	ctx, stop := context.WithCancel(context.WithoutCancel(w.life))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet,
		"http://apiserver.sim/api/v1/namespaces/here/configmaps?watch=true&resourceVersion=0", nil)
	w.Expect(err).NotTo(HaveOccurred())
	response, err := w.RoundTrip(request)
	w.Expect(err).NotTo(HaveOccurred())
	r := &reading{names: make(chan string, 10), ended: make(chan error, 1), stop: stop, body: response.Body}
	go func() {
		chunk := make([]byte, 4096)
		for {
			n, err := response.Body.Read(chunk)
			// One event is read at once: the tests make one at a time.
			if _, rest, is := strings.Cut(string(chunk[:n]), `"name":"`); is {
				name, _, _ := strings.Cut(rest, `"`)
				r.names <- name
			}
			if err != nil {
				_ = response.Body.Close()
				r.ended <- err
				return
			}
		}
	}()
	synctest.Wait()
	return r
}

// happen makes an item at the API server, past the link.
func (w wire) happen(name string) {
	direct := wire{WithT: w.WithT, transport: transport{life: context.WithoutCancel(w.life), link: newLink(w.server)}}
	w.Expect(direct.create(name, 0)).To(created(0))
	synctest.Wait()
}

func onStream(t *testing.T, test func(w wire, r *reading)) {
	t.Helper()
	onWire(t, func(w wire) {
		r := w.read()
		defer func() {
			r.stop()
			synctest.Wait()
		}()
		w.happen("first")
		w.Expect(r.names).To(Receive(Equal("first")))
		test(w, r)
	})
}

func TestAWatchIsHeldWhereAnswersAreAndGoesOnAfterTheHeal(t *testing.T) {
	for name, e := range map[string]*effect{"answers lost": {answersLost: true}, "frozen": {frozen: true}} {
		t.Run(name, func(t *testing.T) {
			onStream(t, func(w wire, r *reading) {
				cut := inject(e, w.link)
				w.happen("held")
				pass(time.Minute)
				w.Expect(r.names).NotTo(Receive())
				w.Expect(shown(t, cut).Touched).To(Equal(int64(1)))
				w.Expect(cut.Heal(t.Context())).To(Succeed())
				synctest.Wait()
				w.Expect(r.names).To(Receive(Equal("held")))
				w.happen("later")
				w.Expect(r.names).To(Receive(Equal("later")))
				w.Expect(r.ended).NotTo(Receive())
			})
		})
	}
}

func TestAWatchThatIsOpenDoesNotNeedRequests(t *testing.T) {
	onStream(t, func(w wire, r *reading) {
		cut := inject(&effect{requestsLost: true}, w.link)
		w.happen("second")
		w.Expect(r.names).To(Receive(Equal("second")))
		w.Expect(shown(t, cut).Touched).To(BeZero())
	})
}

func TestAWatchBreaksWhenTheAPIServerGoesAway(t *testing.T) {
	onStream(t, func(w wire, r *reading) {
		away := inject(&effect{away: true}, w.link)
		synctest.Wait()
		w.Expect(r.ended).To(Receive(MatchError(syscall.ECONNREFUSED)))
		w.Expect(shown(t, away).Touched).To(Equal(int64(1)))
	})
}

func TestAWatchIsSlowWhereTheLinkIs(t *testing.T) {
	onStream(t, func(w wire, r *reading) {
		inject(&effect{latency: time.Second}, w.link)
		pass(time.Minute)
		w.happen("slow")
		pass(999 * time.Millisecond)
		w.Expect(r.names).NotTo(Receive())
		pass(time.Millisecond)
		w.Expect(r.names).To(Receive(Equal("slow")))
	})
}

func TestAWatchEndsWithItsContextItsLifeOrItsBody(t *testing.T) {
	for name, end := range map[string]func(w wire, r *reading){
		"context": func(_ wire, r *reading) { r.stop() },
		"life":    func(w wire, _ *reading) { w.kill() },
		"body":    func(w wire, r *reading) { w.Expect(r.body.Close()).To(Succeed()) },
	} {
		t.Run(name, func(t *testing.T) {
			onStream(t, func(w wire, r *reading) {
				end(w, r)
				synctest.Wait()
				w.Expect(r.ended).To(Receive(HaveOccurred()))
				w.happen("unseen")
				w.Expect(r.names).NotTo(Receive())
				w.server.mu.Lock()
				defer w.server.mu.Unlock()
				w.Expect(w.server.configMaps.watchers).To(BeEmpty(), "the API server must forget who no longer watches")
			})
		})
	}
}

func TestAFrozenWatcherDoesNotNoticeThatItsContextEnded(t *testing.T) {
	onStream(t, func(w wire, r *reading) {
		freeze := inject(&effect{frozen: true}, w.link)
		synctest.Wait()
		r.stop()
		synctest.Wait()
		w.Expect(r.ended).NotTo(Receive())
		w.Expect(freeze.Heal(t.Context())).To(Succeed())
		synctest.Wait()
		w.Expect(r.ended).To(Receive(MatchError(context.Canceled)))
	})
}
