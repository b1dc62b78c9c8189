package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http2"
)

// target parses where to forward to, and whom to trust there.
func (c Config) target() (*url.URL, *x509.CertPool, error) {
	address := c.URL
	if !strings.Contains(address, "://") {
		// As rest.Config allows it.
		address = "https://" + address
	}
	target, err := url.Parse(address)
	if err != nil || target.Scheme != "https" || target.Host == "" {
		return nil, nil, fmt.Errorf("expected the https address of an API server, got %q", c.URL)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(c.CAData) {
		return nil, nil, errors.New("expected certificates to verify the API server with in CAData, found none")
	}
	return target, roots, nil
}

func (c Config) logger() *log.Logger {
	if c.ErrorLog == nil {
		return log.New(io.Discard, "", 0)
	}
	return c.ErrorLog
}

// newTransport connects to the API server. Its connections end with the context, even with answers underway.
func newTransport(ctx context.Context, roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		DialContext: func(dialing context.Context, network, address string) (net.Conn, error) {
			// The transport goes on dialling when the request is given up.
			dialing, cancel := context.WithCancel(dialing)
			defer cancel()
			defer context.AfterFunc(ctx, cancel)()
			conn, err := new(net.Dialer).DialContext(dialing, network, address)
			if err != nil {
				return nil, err
			}
			// CloseIdleConnections would miss a connection whose last stream is only just ending.
			context.AfterFunc(ctx, func() { conn.Close() })
			return conn, nil
		},
		TLSClientConfig:    &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2:  true,
		DisableCompression: true,
		// With HTTP/1.1 upstream, connections are kept as a client keeps its own.
		MaxIdleConnsPerHost: 100,
		IdleConnTimeout:     90 * time.Second,
	}
}

func (p *Proxy) newForward(target *url.URL, logger *log.Logger) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:      p.upstream,
		FlushInterval:  -1, // a watch is of use only if its events come at once
		ErrorLog:       logger,
		ModifyResponse: p.answered,
		ErrorHandler: func(_ http.ResponseWriter, out *http.Request, err error) {
			requestOf(out).broke(err)
			panic(http.ErrAbortHandler)
		},
	}
}

type requestKey struct{}

func requestOf(out *http.Request) *request { return out.Context().Value(requestKey{}).(*request) }

// pass forwards a request and its answer.
func (p *Proxy) pass(w http.ResponseWriter, r *request) {
	ctx := r.client
	if r.detached {
		detached, cancel := context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		defer context.AfterFunc(p.ctx, cancel)()
		ctx = detached
	}
	p.mu.Lock()
	r.healed = p.healed
	p.mu.Unlock()
	p.forward.ServeHTTP(w, r.WithContext(context.WithValue(ctx, requestKey{}, r)))
}

// answered is when the API server has answered, before the client learns of it.
func (p *Proxy) answered(answer *http.Response) error {
	r := requestOf(answer.Request)
	for _, wait := range r.answering {
		if err := wait(); err != nil {
			return err
		}
	}
	answer.Body = &answerBody{answer.Body, r}
	if r.client.Err() == nil {
		for _, i := range r.healed {
			i.passed.Add(1)
		}
	}
	return nil
}

// answerBody notices an API server that dies in the middle of an answer.
type answerBody struct {
	io.ReadCloser
	request *request
}

func (b *answerBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.request.broke(err)
	}
	return n, err
}

// broke is when the way to the API server fails. Without the proxy the client's own connection would have failed, with
// every request on it; a 502, or the end of one stream, would be a kindness that no API server shows. Only where the API
// server ended one stream by itself does the connection live on.
func (r *request) broke(err error) {
	if r.client.Err() != nil || errors.Is(err, errGone) || errors.As(err, &http2.StreamError{}) {
		return
	}
	if l, ok := r.client.Value(linkKey{}).(*link); ok {
		l.abort()
	}
}
