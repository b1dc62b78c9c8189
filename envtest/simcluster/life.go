package simcluster

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/history"
)

// Manager runs one replica until its context ends or it fails: what the binary's main does. It journals to out. It must stay within
// options.LeaderElectionNamespace: the model of the API server knows ConfigMaps, Leases and Events there, and no lists across
// namespaces.
type Manager func(ctx context.Context, config *rest.Config, options controller.Options, out io.Writer) error

// Controller is the system under test.
func Controller(ctx context.Context, config *rest.Config, options controller.Options, out io.Writer) error {
	manager, err := controller.New(config, options, out, logr.Discard())
	if err != nil {
		return err
	}
	return manager.Start(ctx)
}

// life is one life of a replica: what a process is elsewhere.
type life struct {
	source history.Source
	link   *link
	out    io.Writer

	// alive ends when the life does; the process is then gone, whatever its goroutines still do.
	alive context.Context //nolint:containedctx // It is the life.
	end   context.CancelFunc
	// asked ends when the replica is told to stop.
	asked context.Context //nolint:containedctx // It is what a signal handler gives to a manager.
	told  context.CancelFunc
	mu    sync.Mutex
	// again is what a request to stop does that is not the first. As controller-runtime's signal handler has it
	// (pkg/manager/signals), the process exits at once.
	again func()
	// ended is how the process was ended from outside of its main; nil, if it was not.
	ended *history.Exit

	// held is what the process was about to write into its journal when it was frozen; writing is held for that.
	writing sync.Mutex
	held    []journal.Entry
}

func newLife(source history.Source, l *link, out io.Writer) *life {
	it := &life{source: source, link: l, out: out}
	it.alive, it.end = context.WithCancel(context.Background())
	it.asked, it.told = context.WithCancel(it.alive)
	it.again = func() { it.endBy(history.Exit{Code: 1}) }
	return it
}

func (l *life) over() bool { return l.alive.Err() != nil }

// ask tells the process to stop.
func (l *life) ask() {
	if l.asked.Err() == nil {
		l.told()
		return
	}
	l.mu.Lock()
	again := l.again
	l.mu.Unlock()
	again()
}

// kill ends the life; false, if it had ended before.
func (l *life) kill() bool { return l.endBy(history.Exit{Code: -1, Signal: "SIGKILL"}) }

// endBy ends the life in that way, whatever its main does; false, if it had ended before.
func (l *life) endBy(exit history.Exit) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended != nil || l.over() {
		return false
	}
	l.ended = &exit
	l.end()
	return true
}

// wasEnded is how it was ended from outside of its main; nil, if it was not.
func (l *life) wasEnded() *history.Exit {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// config is how this life reaches the API server.
func (l *life) config() *rest.Config {
	return &rest.Config{
		Host:      "http://apiserver.sim",
		Transport: transport{link: l.link, life: l.alive, by: of(l.source)},
		QPS:       -1,
	}
}

// Write takes the journal. A process that is gone writes nothing; one that is frozen writes when it is thawed, and its clock tells
// it that time and no other. Whoever writes here does not wait for that: a journal has a lock, and virtual time does not pass while
// somebody waits for a lock.
func (l *life) Write(line []byte) (int, error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	if s := l.link.look(l.alive, towardsServer, false); s.frozen && !l.over() {
		l.hold(line)
		return len(line), nil
	}
	if err := l.thaw(); err != nil || l.over() {
		return len(line), err
	}
	return l.out.Write(line)
}

// hold keeps a line until the process is thawed: of each kind the first only, since one that is frozen does not go on to the next.
func (l *life) hold(line []byte) {
	var entry journal.Entry
	if json.Unmarshal(line, &entry) != nil || slices.ContainsFunc(l.held, func(e journal.Entry) bool { return e.Kind == entry.Kind }) {
		return
	}
	if l.held = append(l.held, entry); len(l.held) > 1 {
		return
	}
	go func() {
		for !l.over() {
			s := l.link.look(l.alive, towardsServer, false)
			if !s.frozen {
				break
			}
			select {
			case <-s.changed:
			case <-l.alive.Done():
			}
		}
		l.writing.Lock()
		defer l.writing.Unlock()
		_ = l.thaw() // What is wrong with a journal is told to whoever writes next.
	}()
}

// thaw writes what was held.
func (l *life) thaw() error {
	held := l.held
	l.held = nil
	for _, entry := range held {
		if l.over() {
			return nil
		}
		entry.Time = time.Now().UTC()
		late, err := json.Marshal(entry)
		if err != nil {
			return err
		}
		if _, err := l.out.Write(slices.Concat(late, []byte{'\n'})); err != nil {
			return err
		}
	}
	return nil
}
