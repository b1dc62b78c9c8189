// Package proxy stands between one replica and the Kubernetes API server, and does to their live connections what a
// network and an overloaded API server do.
//
// Faults act on two layers. Blackhole, DeadConnections, Latency and Reset act on the bytes of a connection, beneath TLS:
// they see no requests. Stall, Hold, DropAnswer, DelayAnswer and Respond act on requests, above TLS, where HTTP/2
// has many on one connection: the connection stays healthy, and its keep-alives are answered.
//
// What differs from a real network: the TCP handshake and TCP's own keep-alive are done by the kernel and always succeed,
// so a client that connects into a blackhole waits in the TLS handshake, not in the dial. The proxy answers HTTP/2 pings
// itself, so they show a client the state of its connection to the proxy, not of the API server behind.
package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
)

// Config says what a proxy stands in front of. It holds no credentials: those of the client are passed on, so a replica
// can do through the proxy exactly what it could do without. Credentials must therefore be in a header (a bearer
// token); a client certificate ends at the proxy.
type Config struct {
	// URL is the address of the API server, as in the Host field of rest.Config.
	URL string
	// CAData is the PEM bundle that the API server's certificate is verified with, as in rest.Config.
	CAData []byte
	// AuditID names each request as it arrives from the replica, so that the API server's audit log tells of it by that name, however
	// long it is held; nil leaves that to the API server. A name that the client gave stays.
	AuditID func() string
	// HTTP1 offers only HTTP/1.1 to clients, where each request in flight has a connection of its own.
	HTTP1 bool
	// ErrorLog gets what the HTTP server and the forwarding say of broken connections. With faults they are expected,
	// so they are discarded when it is nil.
	ErrorLog *log.Logger
}

// Proxy is a fault proxy that listens. It is safe for concurrent use.
type Proxy struct {
	listener net.Listener
	network  *network
	server   *http.Server
	forward  *httputil.ReverseProxy
	upstream *http.Transport
	caData   []byte
	auditID  func() string

	// ctx ends with the proxy, and with it all that is held.
	ctx  context.Context
	stop context.CancelFunc

	mu            sync.Mutex
	interceptions []*interception
	healed        []*Injection
	requests      sync.WaitGroup
	served        chan struct{}
}

// Start listens on a free port of 127.0.0.1 and forwards what arrives there, until Close.
func Start(config Config) (*Proxy, error) {
	target, roots, err := config.target()
	if err != nil {
		return nil, err
	}
	certificate, caData, err := newCertificate()
	if err != nil {
		return nil, fmt.Errorf("creating the proxy's certificate: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the replica: %w", err)
	}
	p := &Proxy{listener: listener, network: newNetwork(), caData: caData, auditID: config.AuditID, served: make(chan struct{})}
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.upstream = newTransport(p.ctx, roots)
	p.forward = p.newForward(target, config.logger())

	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(!config.HTTP1)
	// No timeouts: only the client and the faults decide how long a connection lives.
	p.server = &http.Server{
		Handler:     http.HandlerFunc(p.serve),
		TLSConfig:   &tls.Config{Certificates: []tls.Certificate{certificate}},
		Protocols:   protocols,
		ErrorLog:    config.logger(),
		BaseContext: func(net.Listener) context.Context { return p.ctx },
		ConnContext: withLink,
	}
	go func() {
		defer close(p.served)
		// It ends when Close closes the listener, and says so in an error that tells nothing more.
		_ = p.server.ServeTLS(linkListener{listener, p.network}, "", "")
	}()
	return p, nil
}

// URL is the address for the replica's kubeconfig.
func (p *Proxy) URL() string { return "https://" + p.listener.Addr().String() }

// CAData is the certificate to trust for URL, in PEM, for the replica's kubeconfig.
func (p *Proxy) CAData() []byte { return p.caData }

// Close ends the proxy with all its connections, whatever faults are active and whatever is held. A held request that was
// not forwarded yet never is. It returns when everything has ended; closing again does nothing.
func (p *Proxy) Close() error {
	p.mu.Lock()
	// Under the lock, so that no request enters once the wait for them has begun.
	p.stop()
	p.mu.Unlock()

	err := p.listener.Close()
	<-p.served
	// The links before the server, which says goodbye on each connection and would wait where there is no room for it.
	p.network.cut()
	_ = p.server.Close()
	p.requests.Wait()
	p.network.pumps.Wait()
	p.upstream.CloseIdleConnections()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
