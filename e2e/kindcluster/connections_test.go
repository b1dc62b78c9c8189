package kindcluster

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/fault"
)

// Two connections and a listener, as Linux shows them; and one that is being closed.
const connectionTable = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0701F40A:CF5C 0100600A:01BB 01 00000000:00000000 02:00000001 00000000     0        0 2 2 0 20 4 0 10 -1
   2: 0701F40A:0050 0100600A:01BB 01 00000000:00000000 02:00000001 00000000     0        0 3 2 0 20 4 0 10 -1
   3: 0701F40A:CF5D 0100600A:01BB 06 00000000:00000000 02:00000001 00000000     0        0 4 2 0 20 4 0 10 -1
`

func TestWhichPortsAreOpen(t *testing.T) {
	g := NewWithT(t)
	g.Expect(openPorts(connectionTable)).To(Equal([]string{"53084", "80"}))
	_, err := openPorts("")
	g.Expect(err).To(MatchError(ContainSubstring("expected an open connection")), "a fault that touches nothing is none")
	_, err = openPorts("1: here 0:0 01\n")
	g.Expect(err).To(MatchError(ContainSubstring(`got "here"`)))
}

func TestWhatIsDroppedOfDeadConnections(t *testing.T) {
	g := NewWithT(t)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	defer listener.Close()
	connection, err := net.Dial("tcp4", listener.Addr().String())
	g.Expect(err).NotTo(HaveOccurred())
	defer connection.Close()
	folder := programs(t, map[string]string{
		"docker": thisMachine, "nft": tables,
		"crictl": fmt.Sprintf(`case $3 in *pid*) echo %d;; esac
case $5 in *pid*) echo %d;; esac`, os.Getpid(), os.Getpid()),
	})
	c := quiet(t)
	c.apiServer = endpoint{host: "172.18.0.2", port: 6443}
	c.pods.Begins(enlisted(c, "1", "controller-1"), "c1", noon)
	c.pods.Resides("c1", "10.244.1.7")

	dead, err := c.killConnections(t.Context(), "a")
	g.Expect(err).NotTo(HaveOccurred())
	written := read(t, filepath.Join(folder, "rules"))
	port := connection.LocalAddr().(*net.TCPAddr).Port
	g.Expect(written).To(MatchRegexp(`forward ip saddr 10.244.1.7 ip daddr 172.18.0.2 tcp dport 6443 tcp sport \{ .*\b%d\b.* \} counter name hits drop`, port))
	g.Expect(written).To(MatchRegexp(`forward ip saddr 172.18.0.2 ip daddr 10.244.1.7 tcp sport 6443 tcp dport \{ .*\b%d\b.* \} counter name hits drop`, port))

	g.Expect(os.Truncate(filepath.Join(folder, "rules"), 0)).To(Succeed())
	g.Expect(os.WriteFile(filepath.Join(folder, "packets"), []byte("3"), 0o600)).To(Succeed())
	g.Expect(dead.Heal(t.Context())).To(Succeed())
	healed := read(t, filepath.Join(folder, "rules"))
	g.Expect(healed).To(ContainSubstring("forward ip saddr 10.244.1.7 ip daddr 172.18.0.2 tcp dport 6443 counter name hits accept"), "whatever passes, not only on those")
	g.Expect(dead.Evidence(t.Context())).To(Equal(fault.Evidence{Touched: 3, Passed: 3}))
}
