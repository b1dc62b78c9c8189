package proxy_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/interregnum/interregnum/envtest/proxy"
)

const (
	// patience is for what has to happen: long, and never waited out.
	patience = 20 * time.Second
	// while is for what must not happen, and as long as a client waits before it gives up.
	while = 150 * time.Millisecond
)

// onEachProtocol runs a test over HTTP/1.1, where each request in flight has its own connection, and HTTP/2, where they share one.
func onEachProtocol(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for _, major := range []int{1, 2} {
		t.Run(fmt.Sprintf("HTTP/%d", major), func(t *testing.T) { test(t, newWorld(t, major)) })
	}
}

// world is an API server, and a proxy in front of it. When its test ends nothing of it may be left running.
type world struct {
	*WithT
	t     *testing.T
	major int
	api   *apiServer
	proxy *proxy.Proxy
	log   *buffer
}

func newWorld(t *testing.T, major int) *world {
	t.Helper()
	g := NewWithT(t)
	before := gleak.Goroutines()
	t.Cleanup(func() { g.Eventually(gleak.Goroutines, patience, "2ms").ShouldNot(gleak.HaveLeaked(before)) })
	w := &world{WithT: g, t: t, major: major, api: newAPIServer(t), log: new(buffer)}
	p, err := proxy.Start(proxy.Config{
		URL: w.api.URL, CAData: w.api.caData, HTTP1: major == 1, ErrorLog: log.New(w.log, "", 0),
	})
	g.Expect(err).NotTo(HaveOccurred())
	w.proxy = p
	t.Cleanup(func() { g.Expect(p.Close()).To(Succeed()) })
	return w
}

// buffer is a log that can be written and read at once.
type buffer struct{ text atomic.Value }

func (b *buffer) Write(p []byte) (int, error) {
	b.text.Store(b.String() + string(p))
	return len(p), nil
}

func (b *buffer) String() string {
	text, _ := b.text.Load().(string)
	return text
}

// apiServer applies what it is asked, and says so.
type apiServer struct {
	*httptest.Server
	caData []byte
	// applied has each request other than a watch, when it is applied.
	applied chan string
	// events go to whoever watches; unwatched is when a watch ends.
	events    chan string
	unwatched chan struct{}
	// open counts the proxy's connections.
	open atomic.Int64
}

func newAPIServer(t *testing.T) *apiServer {
	s := &apiServer{applied: make(chan string, 1000), events: make(chan string), unwatched: make(chan struct{}, 10)}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.handle))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.open.Add(1)
		case http.StateClosed:
			s.open.Add(-1)
		case http.StateActive, http.StateIdle, http.StateHijacked:
		}
	}
	s.StartTLS()
	s.caData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	t.Cleanup(s.die)
	return s
}

// die is as abrupt as SIGKILL.
func (s *apiServer) die() {
	s.Listener.Close()
	s.CloseClientConnections()
	s.Close()
}

func (s *apiServer) handle(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/watch":
		defer func() { s.unwatched <- struct{}{} }()
		flush := http.NewResponseController(w).Flush
		_ = flush()
		for {
			select {
			case event := <-s.events:
				_, _ = io.WriteString(w, event+"\n")
				_ = flush()
			case <-r.Context().Done():
				return
			}
		}
	case "/never":
		s.applied <- r.Method + " /never "
		<-r.Context().Done()
		return
	case "/abort":
		panic(http.ErrAbortHandler)
	case "/large":
		_, _ = io.WriteString(w, large)
		return
	case "/echo":
		_, _ = io.Copy(w, r.Body)
		return
	case "/token":
		_, _ = io.WriteString(w, r.Header.Get("Authorization"))
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.applied <- fmt.Sprintf("%s %s %s", r.Method, r.URL.Path, body)
	_, _ = fmt.Fprintf(w, "applied %s", body)
}

// large does not fit in what a connection takes in.
var large = strings.Repeat("0123456789abcdef", 512<<10)

// replica is a client of the proxy.
type replica struct {
	world *world
	http  *http.Client
	dials atomic.Int64
}

func (w *world) replica() *replica {
	r := &replica{world: w}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			r.dials.Add(1)
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		TLSClientConfig:   r.tls(),
		ForceAttemptHTTP2: true,
	}
	r.http = &http.Client{Transport: transport}
	w.t.Cleanup(transport.CloseIdleConnections)
	return r
}

func (r *replica) tls() *tls.Config {
	roots := x509.NewCertPool()
	r.world.Expect(roots.AppendCertsFromPEM(r.world.proxy.CAData())).To(BeTrue())
	return &tls.Config{RootCAs: roots}
}

// dial opens a connection without a client on it. Reading from it shows whether it ends in a FIN or a RST, which a
// client hides: whichever of its reading and its writing comes second sees no more than an end.
func (r *replica) dial() *tls.Conn {
	conn, err := tls.Dial("tcp", strings.TrimPrefix(r.world.proxy.URL(), "https://"), r.tls())
	r.world.Expect(err).NotTo(HaveOccurred())
	r.world.t.Cleanup(func() { conn.Close() })
	return conn
}

// settled is a replica with a connection that has been used.
func (w *world) settled() *replica {
	r := w.replica()
	w.Expect(r.put("/hello", "").result()).To(Equal("applied "))
	w.Expect(w.api.applied).To(Receive(Equal("PUT /hello ")))
	return r
}

// call is a request in flight.
type call struct {
	cancel context.CancelFunc
	done   chan outcome
}

type outcome struct {
	status int
	body   string
	err    error
}

// result waits for the end of a call that has to end.
func (c *call) result() (string, error) {
	select {
	case o := <-c.done:
		if o.err == nil && o.status != http.StatusOK {
			return o.body, fmt.Errorf("got status %d: %s", o.status, o.body)
		}
		return o.body, o.err
	case <-time.After(patience):
		return "", fmt.Errorf("got no answer within %s", patience)
	}
}

func (r *replica) get(path string) *call       { return r.begin("GET", path, "", patience) }
func (r *replica) put(path, body string) *call { return r.begin("PUT", path, body, patience) }

// impatient is a put that is given up after a while.
func (r *replica) impatient(path, body string) *call { return r.begin("PUT", path, body, while) }

func (r *replica) begin(method, path, body string, timeout time.Duration) *call {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	r.world.t.Cleanup(cancel)
	c := &call{cancel: cancel, done: make(chan outcome, 1)}
	go func() {
		answer, err := r.open(ctx, method, path, body)
		if err != nil {
			c.done <- outcome{err: err}
			return
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		c.done <- outcome{status: answer.StatusCode, body: string(text), err: err}
	}()
	return c
}

func (r *replica) open(ctx context.Context, method, path, body string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, r.world.proxy.URL()+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer replica")
	answer, err := r.http.Do(request)
	if err == nil && answer.ProtoMajor != r.world.major {
		return nil, fmt.Errorf("expected HTTP/%d, got %s", r.world.major, answer.Proto)
	}
	return answer, err
}

// watch is an answer that goes on.
type watch struct {
	events chan string
	ended  chan error
	cancel context.CancelFunc
}

func (r *replica) watch() *watch {
	r.world.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r.world.t.Cleanup(cancel)
	answer, err := r.open(ctx, "GET", "/watch", "")
	r.world.Expect(err).NotTo(HaveOccurred())
	w := &watch{events: make(chan string, 100), ended: make(chan error, 1), cancel: cancel}
	go func() {
		defer answer.Body.Close()
		var line strings.Builder
		one := make([]byte, 1)
		for {
			if _, err := io.ReadFull(answer.Body, one); err != nil {
				w.ended <- err
				return
			}
			if one[0] != '\n' {
				line.Write(one)
				continue
			}
			w.events <- line.String()
			line.Reset()
		}
	}()
	return w
}

// arrivals is a Match that matches everything, and hands out the context of each request that arrives: it ends when the
// proxy has learned that the client gave up.
func arrivals() (func(*http.Request) bool, chan context.Context) {
	arrived := make(chan context.Context, 100)
	return func(r *http.Request) bool {
		arrived <- r.Context()
		return true
	}, arrived
}

func receive[T any](w *world, from <-chan T) T {
	w.t.Helper()
	var value T
	w.Eventually(from, patience).Should(Receive(&value))
	return value
}

// givenUp waits until the proxy has learned that the client of a request has gone.
func (w *world) givenUp(request context.Context) {
	w.t.Helper()
	w.Eventually(request.Done(), patience).Should(BeClosed())
}

// brokenOff is how a client sees a connection that breaks: not as silence, and not as the end of one stream.
var brokenOff = And(
	HaveOccurred(),
	Not(MatchError(context.DeadlineExceeded)),
	Not(MatchError(ContainSubstring("stream error"))),
)

// sees waits until the API server has applied exactly these, in order.
func (w *world) sees(requests ...string) {
	w.t.Helper()
	for _, request := range requests {
		w.Expect(receive(w, w.api.applied)).To(Equal(request))
	}
	w.Expect(w.api.applied).NotTo(Receive())
}
