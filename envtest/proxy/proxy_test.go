package proxy_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/envtest/proxy"
)

func TestProxyPassesCredentialsOn(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		w.Expect(w.replica().get("/token").result()).To(Equal("Bearer replica"))
	})
}

func TestProxyStreams(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		watch := w.replica().watch()
		for _, event := range []string{"first", "second"} {
			w.api.events <- event
			w.Expect(receive(w, watch.events)).To(Equal(event))
		}
		watch.cancel()
		receive(w, w.api.unwatched)
	})
}

func TestAnAbsentAPIServerBreaksTheConnection(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		r := w.settled()
		watch, inFlight := r.watch(), r.get("/never")
		w.sees("GET /never ")
		bare := r.dial()
		_, err := io.WriteString(bare, "GET /watch HTTP/1.1\r\nHost: api\r\n\r\n")
		w.Expect(err).NotTo(HaveOccurred())
		_, err = io.ReadFull(bare, make([]byte, len("HTTP/1.1 200 OK")))
		w.Expect(err).NotTo(HaveOccurred())

		w.api.die()
		w.Expect(receive(w, watch.ended)).To(brokenOff)
		_, err = inFlight.result()
		w.Expect(err).To(brokenOff)
		_, err = io.Copy(io.Discard, bare)
		w.Expect(err).To(MatchError(syscall.ECONNRESET), "in the middle of an answer")

		_, err = r.put("/absent", "").result()
		w.Expect(err).To(brokenOff)
		bare = r.dial()
		_, err = io.WriteString(bare, "GET /absent HTTP/1.1\r\nHost: api\r\n\r\n")
		w.Expect(err).NotTo(HaveOccurred())
		_, err = io.Copy(io.Discard, bare)
		w.Expect(err).To(MatchError(syscall.ECONNRESET), "in place of an answer")
	})
}

func TestAnAPIServerThatIsBackIsFound(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		r := w.settled()
		w.api.CloseClientConnections()
		w.Eventually(func() (string, error) { return r.put("/back", "").result() }, patience).Should(Equal("applied "))
	})
}

func TestAStreamThatTheAPIServerAbortsLeavesTheConnection(t *testing.T) {
	w := newWorld(t, 2)
	r := w.settled()
	watch := r.watch()
	_, err := r.get("/abort").result()
	w.Expect(err).To(MatchError(ContainSubstring("INTERNAL_ERROR")))
	w.api.events <- "still"
	w.Expect(receive(w, watch.events)).To(Equal("still"))
	w.Expect(r.dials.Load()).To(Equal(int64(1)))
}

func TestARequestGivenUpLeavesTheConnection(t *testing.T) {
	w := newWorld(t, 2)
	r := w.settled()
	watch, given := r.watch(), r.get("/never")
	w.sees("GET /never ")
	given.cancel()
	_, err := given.result()
	w.Expect(err).To(HaveOccurred())
	w.Expect(r.put("/after", "").result()).To(Equal("applied "))
	w.api.events <- "still"
	w.Expect(receive(w, watch.events)).To(Equal("still"))
	w.Expect(r.dials.Load()).To(Equal(int64(1)))
}

func TestCloseIsPromptWhateverIsHeld(t *testing.T) {
	for name, fault := range map[string]proxy.Fault{
		"Blackhole":          proxy.Blackhole{},
		"Blackhole requests": proxy.Blackhole{Direction: proxy.Requests},
		"Blackhole answers":  proxy.Blackhole{Direction: proxy.Answers},
		"DeadConnections":    proxy.DeadConnections{},
		"Latency":            proxy.Latency{D: time.Hour},
		"Stall":              proxy.Stall{},
		"Hold":               proxy.Hold{D: time.Hour},
		"DropAnswer":         proxy.DropAnswer{},
		"DelayAnswer":        proxy.DelayAnswer{D: time.Hour},
		"Respond":            proxy.Respond{Status: 500, Match: proxy.LeaseWrites},
	} {
		t.Run(name, func(t *testing.T) {
			onEachProtocol(t, func(t *testing.T, w *world) {
				r := w.settled()
				watch := r.watch()
				never := r.get("/never")
				w.sees("GET /never ")
				w.proxy.Inject(fault)
				calls := []*call{never, r.put("/held", ""), r.get("/large"), r.put("/echo", large), w.replica().get("/never")}
				given := w.replica().impatient("/never", "")
				_, err := given.result()
				w.Expect(err).To(HaveOccurred())

				began := time.Now()
				w.Expect(w.proxy.Close()).To(Succeed())
				w.Expect(time.Since(began)).To(BeNumerically("<", 2*time.Second))
				w.Eventually(w.api.open.Load, patience).Should(BeZero())
				_ = receive(w, watch.ended) // It ended; the error is the client's own.
				for _, c := range calls {
					receive(w, c.done)
				}
				// Not a bare connection: by now another process may listen on this port.
				dialer := &net.Dialer{Timeout: patience}
				_, err = tls.DialWithDialer(dialer, "tcp", strings.TrimPrefix(w.proxy.URL(), "https://"), r.tls())
				w.Expect(err).To(HaveOccurred())
			})
		})
	}
}

// An API server that is paused takes connections, and says nothing on them.
func TestCloseIsPromptWhenTheAPIServerHangs(t *testing.T) {
	onEachProtocol(t, func(t *testing.T, w *world) {
		hanging, err := net.Listen("tcp", "127.0.0.1:0")
		w.Expect(err).NotTo(HaveOccurred())
		defer hanging.Close()
		w.Expect(w.proxy.Close()).To(Succeed())
		w.proxy, err = proxy.Start(proxy.Config{URL: hanging.Addr().String(), CAData: w.api.caData, HTTP1: w.major == 1})
		w.Expect(err).NotTo(HaveOccurred())

		r := w.replica()
		_, err = r.impatient("/given-up", "").result()
		w.Expect(err).To(MatchError(context.DeadlineExceeded))
		waiting := r.put("/waiting", "")
		conn, err := hanging.Accept()
		w.Expect(err).NotTo(HaveOccurred())
		defer conn.Close()

		began := time.Now()
		w.Expect(w.proxy.Close()).To(Succeed())
		w.Expect(time.Since(began)).To(BeNumerically("<", 2*time.Second))
		w.Expect(conn.SetDeadline(time.Now().Add(patience))).To(Succeed())
		_, err = io.Copy(io.Discard, conn)
		w.Expect(errors.Is(err, os.ErrDeadlineExceeded)).To(BeFalse(), "the proxy's connection must end with it")
		receive(w, waiting.done)
	})
}

func TestStartRefusesWhatItCannotForwardTo(t *testing.T) {
	api := newAPIServer(t)
	for name, config := range map[string]proxy.Config{
		"no address":  {CAData: api.caData},
		"not https":   {URL: "http://127.0.0.1:1", CAData: api.caData},
		"no roots":    {URL: api.URL},
		"wrong roots": {URL: api.URL, CAData: []byte("none")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := proxy.Start(config)
			NewWithT(t).Expect(err).To(HaveOccurred())
		})
	}
}

// As in rest.Config, where envtest leaves the scheme out.
func TestAnAddressWithoutAScheme(t *testing.T) {
	w := newWorld(t, 2)
	p, err := proxy.Start(proxy.Config{URL: w.api.Listener.Addr().String(), CAData: w.api.caData})
	w.Expect(err).NotTo(HaveOccurred())
	w.proxy.Close()
	w.proxy = p
	t.Cleanup(func() { w.Expect(p.Close()).To(Succeed()) })
	w.settled()
}
