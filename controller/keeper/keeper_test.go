package keeper

import (
	"bytes"
	"errors"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/interregnum/interregnum/controller/journal"
)

// leading makes the keeper of a replica that won the given term, and what it writes.
func leading(term int64) (*Keeper, *bytes.Buffer) {
	out := &bytes.Buffer{}
	k := &Keeper{identity: "me", journal: journal.NewWriter(out), lock: &lock{}}
	k.lock.term.Store(term)
	return k, out
}

func entries(t *testing.T, out *bytes.Buffer) []journal.Entry {
	t.Helper()
	var all []journal.Entry
	for line := range bytes.Lines(out.Bytes()) {
		entry, err := journal.Parse(line)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		all = append(all, entry)
	}
	return all
}

// Whoever comes first or ends last: elected before the first act, stopped after the last, and each once.
func TestActsAreBetweenElectedAndStopped(t *testing.T) {
	k, out := leading(4)
	var workers sync.WaitGroup
	begin := make(chan struct{})
	for range 8 {
		workers.Go(func() {
			<-begin
			for range 50 {
				if err := k.Work(func() error { return k.write(journal.Acted, "") }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	workers.Go(func() {
		<-begin
		for range 3 { // Once would do; more must do no harm to the order.
			if err := k.Work(func() error { return k.write(journal.Processed, "item") }); err != nil {
				t.Error(err)
			}
		}
		if err := k.stop(); err != nil {
			t.Error(err)
		}
	})
	close(begin)
	workers.Wait()

	g := NewWithT(t)
	all := entries(t, out)
	g.Expect(all[0].Kind).To(Equal(journal.Elected))
	g.Expect(all[len(all)-1].Kind).To(Equal(journal.Stopped))
	for _, entry := range all {
		g.Expect(entry.Identity).To(Equal("me"))
		g.Expect(*entry.Term).To(Equal(int64(4)))
	}
	for _, entry := range all[1 : len(all)-1] {
		g.Expect(entry.Kind).To(Or(Equal(journal.Acted), Equal(journal.Processed)))
	}
}

func TestStopWaitsForTheWorkInProgress(t *testing.T) {
	k, out := leading(0)
	working, finish := make(chan struct{}), make(chan struct{})
	var both sync.WaitGroup
	both.Go(func() {
		if err := k.Work(func() error {
			close(working)
			<-finish
			return k.write(journal.Acted, "")
		}); err != nil {
			t.Error(err)
		}
	})
	<-working
	both.Go(func() {
		if err := k.stop(); err != nil {
			t.Error(err)
		}
	})
	close(finish)
	both.Wait()
	all := entries(t, out)
	NewWithT(t).Expect(all).To(HaveLen(3))
	NewWithT(t).Expect(all[2].Kind).To(Equal(journal.Stopped))
}

func TestAReplicaWithoutElectionActsAndDoesNotSayThatItWasElected(t *testing.T) {
	k, out := leading(0)
	k.lock = nil
	NewWithT(t).Expect(k.Work(func() error { return k.write(journal.Acted, "") })).To(Succeed())
	all := entries(t, out)
	NewWithT(t).Expect(all).To(HaveLen(1))
	NewWithT(t).Expect(all[0].Kind).To(Equal(journal.Acted))
}

// refusing is a journal on a full disk.
type refusing struct{}

func (refusing) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWorkThatCannotBeSeenIsNotDone(t *testing.T) {
	k, _ := leading(0)
	k.journal = journal.NewWriter(refusing{})
	worked := false
	for range 2 { // The reconciler tries again.
		err := k.Work(func() error {
			worked = true
			return nil
		})
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring("no space left")))
	}
	NewWithT(t).Expect(worked).To(BeFalse())
}

func TestTheTermIsTheOneThatThisReplicaWon(t *testing.T) {
	g := NewWithT(t)
	l := &lock{Interface: &resourcelock.LeaseLock{LockConfig: resourcelock.ResourceLockConfig{Identity: "me"}}}
	l.joined.Store(true)
	write := func(holder string, transitions int, result error) {
		record := resourcelock.LeaderElectionRecord{HolderIdentity: holder, LeaderTransitions: transitions}
		err := l.write(record, func() error { return result })
		if result == nil {
			g.Expect(err).NotTo(HaveOccurred())
		} else {
			g.Expect(err).To(MatchError(result))
		}
	}
	write("me", 3, nil)
	g.Expect(l.term.Load()).To(Equal(int64(3)))
	write("me", 4, errors.New("conflict"))
	g.Expect(l.term.Load()).To(Equal(int64(3)), "an update that failed won nothing")
	write("", 5, nil)
	g.Expect(l.term.Load()).To(Equal(int64(3)), "a release ends no term of this replica's")
}
