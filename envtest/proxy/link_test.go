package proxy

import (
	"net"
	"os"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// The HTTP server uses deadlines to break off its own reads and writes, and goes on with the connection.
func TestLinkDeadlines(t *testing.T) {
	g := NewWithT(t)
	near, far := net.Pipe()
	n := newNetwork()
	l := n.attach(near)
	defer func() {
		n.cut()
		n.pumps.Wait()
	}()

	failed := make(chan error, 1)
	go func() {
		_, err := l.Read(make([]byte, 1))
		failed <- err
	}()
	g.Consistently(failed, "50ms").ShouldNot(Receive())
	g.Expect(l.SetReadDeadline(time.Unix(1, 0))).To(Succeed())
	g.Eventually(failed, "10s").Should(Receive(MatchError(os.ErrDeadlineExceeded)), "a read that waits must be broken off")

	g.Expect(l.SetReadDeadline(time.Now().Add(50 * time.Millisecond))).To(Succeed())
	_, err := l.Read(make([]byte, 1))
	g.Expect(err).To(MatchError(os.ErrDeadlineExceeded))

	g.Expect(l.SetDeadline(time.Time{})).To(Succeed())
	_, err = far.Write([]byte("a"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(l.Read(make([]byte, 1))).To(Equal(1), "the connection must live on")

	// Nobody reads at the far end.
	g.Expect(l.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))).To(Succeed())
	for sent := 0; err == nil && sent < 3*window; sent += window / 4 {
		_, err = l.Write(make([]byte, window/4))
	}
	g.Expect(err).To(MatchError(os.ErrDeadlineExceeded), "a write must wait when the window is full")
	g.Expect(l.Close()).To(Succeed())
	_, err = l.Write([]byte("a"))
	g.Expect(err).To(MatchError(net.ErrClosed))
	_, err = l.Read(make([]byte, 1))
	g.Expect(err).To(MatchError(net.ErrClosed))
}
