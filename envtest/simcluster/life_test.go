package simcluster

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/history"
)

// onLife runs a test with a life, and with the journal that it writes.
func onLife(t *testing.T, test func(g *WithT, it *life, written *bytes.Buffer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var written bytes.Buffer
		it := newLife(history.Source{Replica: "a", Start: 1}, newLink(NewAPIServer(nil)), &written)
		defer it.end()
		test(NewWithT(t), it, &written)
	})
}

func TestAKilledLifeWritesNothingMore(t *testing.T) {
	onLife(t, func(g *WithT, it *life, written *bytes.Buffer) {
		g.Expect(it.Write([]byte("before\n"))).To(Equal(7))
		g.Expect(it.kill()).To(BeTrue())
		g.Expect(it.Write([]byte("after\n"))).To(Equal(6), "it is not told: it is no more")
		g.Expect(written.String()).To(Equal("before\n"))
		g.Expect(it.kill()).To(BeFalse(), "nobody dies twice")
		g.Expect(it.asked.Err()).To(HaveOccurred(), "what is left of its goroutines must end")
	})
}

func TestALifeThatEndedCannotBeKilled(t *testing.T) {
	onLife(t, func(g *WithT, it *life, _ *bytes.Buffer) {
		it.end()
		g.Expect(it.kill()).To(BeFalse())
		g.Expect(it.wasEnded()).To(BeNil())
	})
}

func TestALifeThatIsAskedToStopGoesOnUntilItDoes(t *testing.T) {
	onLife(t, func(g *WithT, it *life, written *bytes.Buffer) {
		it.ask()
		g.Expect(it.asked.Err()).To(HaveOccurred())
		g.Expect(it.alive.Err()).NotTo(HaveOccurred())
		g.Expect(it.Write([]byte("stopped\n"))).To(Equal(8))
		g.Expect(written.String()).To(Equal("stopped\n"))
	})
}

func TestALifeThatIsAskedToStopOnceMoreEndsAtOnce(t *testing.T) {
	onLife(t, func(g *WithT, it *life, written *bytes.Buffer) {
		it.ask()
		it.ask()
		g.Expect(it.alive.Err()).To(HaveOccurred())
		g.Expect(it.wasEnded()).To(Equal(&history.Exit{Code: 1}))
		g.Expect(it.kill()).To(BeFalse())
		g.Expect(it.Write([]byte("after\n"))).To(Equal(6))
		g.Expect(written.String()).To(BeEmpty())
	})
}

func TestAFrozenLifeWritesWhenItIsThawedWithTheTimeOfThen(t *testing.T) {
	onLife(t, func(g *WithT, it *life, written *bytes.Buffer) {
		freeze := inject(&effect{frozen: true}, it.link)
		go func() {
			term := int64(3)
			_ = journal.NewWriter(it).Write(journal.Entry{Kind: journal.Acted, Identity: "me", Term: &term})
		}()
		pass(time.Minute)
		g.Expect(written.String()).To(BeEmpty())
		thawed := time.Now().UTC()
		g.Expect(freeze.Heal(t.Context())).To(Succeed())
		synctest.Wait()
		entry, err := journal.Parse([]byte(strings.TrimSuffix(written.String(), "\n")))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(entry.Time).To(Equal(thawed))
		g.Expect(*entry.Term).To(Equal(int64(3)))
	})
}

func TestALifeThatIsKilledWhileFrozenWritesNothing(t *testing.T) {
	onLife(t, func(g *WithT, it *life, written *bytes.Buffer) {
		inject(&effect{frozen: true}, it.link)
		go func() { _, _ = it.Write([]byte("never\n")) }()
		synctest.Wait()
		g.Expect(it.kill()).To(BeTrue())
		synctest.Wait()
		g.Expect(written.String()).To(BeEmpty())
	})
}
