package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

// link is one connection of the replica, as the HTTP server sees it. Between the server and the real connection lie two
// flows: what the server sends or closes reaches the replica only when the network lets it.
type link struct {
	net.Conn
	network           *network
	requests, answers *flow
}

// linkListener makes a link of every connection.
type linkListener struct {
	net.Listener
	network *network
}

// Accept waits for the next connection, even through a blackhole: the kernel has shaken hands with the client already.
func (l linkListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.network.attach(conn), nil
}

type linkKey struct{}

// withLink lets a request's handler find the link that it came by.
func withLink(ctx context.Context, conn net.Conn) context.Context {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	return context.WithValue(ctx, linkKey{}, conn)
}

// receive moves what the replica sends into the network.
func (l *link) receive() {
	_, err := io.Copy(l.requests, l.Conn)
	if err == nil {
		err = io.EOF
	}
	l.network.mu.Lock()
	defer l.network.mu.Unlock()
	l.requests.end(err)
}

// send moves what comes out of the network to the replica, and closes the connection once it is told to.
func (l *link) send() {
	_, err := io.Copy(l.Conn, l.answers)
	l.network.detach(l)
	if errors.Is(err, syscall.ECONNRESET) {
		l.lingerNot()
	}
	l.Conn.Close()
}

// Read takes from what has arrived of the replica's requests.
func (l *link) Read(p []byte) (int, error) { return l.requests.Read(p) }

// Write sends towards the replica.
func (l *link) Write(p []byte) (int, error) { return l.answers.Write(p) }

// Close ends the link for the server at once. The replica learns of it when the network delivers that, after
// everything that was sent before.
func (l *link) Close() error { return l.hangUp(io.EOF) }

// abort is Close with a RST in place of a FIN, as when the process at the other end has died.
func (l *link) abort() { _ = l.hangUp(syscall.ECONNRESET) }

func (l *link) hangUp(how error) error {
	l.network.mu.Lock()
	defer l.network.mu.Unlock()
	l.requests.fail(net.ErrClosed)
	l.answers.end(how)
	return nil
}

// cut closes the real connection with a RST, at once and whatever is held.
func (l *link) cut() {
	// First, because the pumps close the connection too as soon as the flows fail.
	l.lingerNot()
	l.network.mu.Lock()
	l.requests.fail(syscall.ECONNRESET)
	l.answers.fail(syscall.ECONNRESET)
	l.network.mu.Unlock()
	l.Conn.Close()
}

// lingerNot makes the kernel send a RST at close, and drop what it had not delivered.
func (l *link) lingerNot() {
	if conn, ok := l.Conn.(*net.TCPConn); ok {
		_ = conn.SetLinger(0)
	}
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (l *link) SetDeadline(t time.Time) error {
	_ = l.SetReadDeadline(t)
	return l.SetWriteDeadline(t)
}

// SetReadDeadline limits waiting for requests. The HTTP/1.1 server breaks off its reading by a deadline in the past.
func (l *link) SetReadDeadline(t time.Time) error {
	l.network.mu.Lock()
	defer l.network.mu.Unlock()
	l.requests.readDeadline = t
	l.requests.changed.Broadcast()
	return nil
}

// SetWriteDeadline limits waiting for room to send answers.
func (l *link) SetWriteDeadline(t time.Time) error {
	l.network.mu.Lock()
	defer l.network.mu.Unlock()
	l.answers.writeDeadline = t
	l.answers.changed.Broadcast()
	return nil
}
