package processcluster

import (
	"net"
	"strconv"
	"testing"

	. "github.com/onsi/gomega"
)

func TestAPortStaysTheReplicasWhileItIsFree(t *testing.T) {
	g := NewWithT(t)
	r := &replica{name: "a", ports: map[string]int{}}
	port, err := r.port("web")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(port).To(And(BeNumerically(">=", lowestPort), BeNumerically("<", highestPort)))
	g.Expect(r.port("web")).To(Equal(port))
	g.Expect(r.port("metrics")).NotTo(Equal(port))

	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	g.Expect(err).NotTo(HaveOccurred())
	defer listener.Close()
	other, err := r.port("web")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(other).NotTo(Equal(port), "somebody has taken it")
	g.Expect(bindable(other)).To(BeTrue())
}

func TestNoTwoReplicasGetOnePort(t *testing.T) {
	seen := map[int]bool{}
	for range 300 {
		port, err := freePort()
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		NewWithT(t).Expect(seen[port]).To(BeFalse())
		seen[port] = true
	}
}
