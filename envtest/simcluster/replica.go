package simcluster

import (
	"sync"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
)

// replica is one that is kept running, life after life.
type replica struct {
	name     string
	link     *link
	observer *observe.Observer

	mu      sync.Mutex
	manager Manager
	options controller.Options
	starts  int
	life    *life
}

// Live implements crew.Replica.
func (r *replica) Live(dismissed <-chan struct{}) {
	it, manager, options := r.begin()
	r.observer.Record(history.Fact{Kind: history.Launched, Source: it.source})
	ended := make(chan error, 1)
	go func() { ended <- manager(it.asked, it.config(), options, it) }()

	exit := &history.Exit{}
	for over := false; !over; {
		select {
		case <-dismissed:
			dismissed = nil
			r.tell("SIGTERM")
			continue
		case err := <-ended:
			if err != nil {
				exit.Code, exit.Error = 1, err.Error()
			}
		case <-it.alive.Done():
		}
		over = true
	}
	if ended := it.wasEnded(); ended != nil {
		exit = ended
	} else {
		it.end()
	}
	r.observer.Record(history.Fact{Kind: history.Exited, Source: it.source, Exit: exit})
}

func (r *replica) begin() (*life, Manager, controller.Options) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.starts++
	source := history.Source{Replica: r.name, Start: r.starts}
	r.life = newLife(source, r.link, r.observer.Journal(source))
	return r.life, r.manager, r.options
}

func (r *replica) current() *life {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.life
}

// tell sends the current life a signal; false, if there was nobody to receive it.
func (r *replica) tell(signal string) bool {
	it := r.current()
	if it == nil || it.alive.Err() != nil {
		return false
	}
	r.observer.Record(history.Fact{Kind: history.Signalled, Source: it.source, Signal: signal})
	if signal == "SIGKILL" {
		return it.kill()
	}
	it.ask()
	return true
}

// configure says what the next life is to be.
func (r *replica) configure(manager Manager, options controller.Options) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.manager, r.options = manager, options
}
