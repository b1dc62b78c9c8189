package controller

import (
	"sync"

	"github.com/interregnum/interregnum/controller/journal"
)

// replica keeps the order that the journal promises: elected before the first act, stopped after the last, whichever of
// the worker and the reconciler comes first or ends last.
type replica struct {
	identity string
	journal  *journal.Writer
	// lock is nil without leader election: such a replica acts without having been elected, and says so by silence.
	lock *lock

	elected sync.Once
	// unheard is why elected could not be said: then there is no work at all.
	unheard error
	// working is held for reading while a piece of leader-only work goes on, and taken to say that it has ended.
	working sync.RWMutex
	stopped bool
}

func (r *replica) term() int64 {
	if r.lock == nil {
		return 0
	}
	return r.lock.term.Load()
}

func (r *replica) write(kind journal.Kind, item string) error {
	term := r.term()
	return r.journal.Write(journal.Entry{Kind: kind, Identity: r.identity, Term: &term, Item: item})
}

// work runs one piece of leader-only work, unless the replica has said that it stopped.
func (r *replica) work(piece func() error) error {
	r.working.RLock()
	defer r.working.RUnlock()
	if r.stopped {
		return nil
	}
	r.elected.Do(func() {
		if r.lock != nil {
			r.unheard = r.write(journal.Elected, "")
		}
	})
	if r.unheard != nil {
		return r.unheard
	}
	return piece()
}

// stop waits for the work in progress, says that it has ended, and lets no more begin.
func (r *replica) stop() error {
	r.working.Lock()
	defer r.working.Unlock()
	r.stopped = true
	return r.write(journal.Stopped, "")
}
