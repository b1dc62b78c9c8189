package processcluster

import (
	"net"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
)

func TestAHeldPortIsRefusedAndFoundAgain(t *testing.T) {
	g := NewWithT(t)
	server, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	address := server.Addr().String()
	host, port, err := net.SplitHostPort(address)
	g.Expect(err).NotTo(HaveOccurred())
	client, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	g.Expect(err).NotTo(HaveOccurred())
	defer client.Close()
	accepted, err := server.Accept()
	g.Expect(err).NotTo(HaveOccurred())
	// The server goes first, so that it is its port that lingers.
	g.Expect(accepted.Close()).To(Succeed())
	g.Expect(server.Close()).To(Succeed())

	held, err := holdPort(host, port)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = new(net.Dialer).DialContext(t.Context(), "tcp", address)
	g.Expect(err).To(MatchError(syscall.ECONNREFUSED))
	_, err = holdPort(host, port)
	g.Expect(err).NotTo(HaveOccurred(), "who knows it can have it, too: nobody listens")
	g.Expect(held.release()).To(Succeed())
	g.Expect(held.release()).To(Succeed())
	again, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(again.Close()).To(Succeed())
}
