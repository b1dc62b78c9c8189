// Package keeper has a controller-runtime manager keep the journal that the package controller/journal describes, so that the
// harness can judge it by what it says of itself, too. Three lines of a manager's main are new: [New] before ctrl.NewManager,
// [Keeper.Join] before Start, and [Keeper.Work] around whatever only the leader may do.
package keeper

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/interregnum/interregnum/controller/journal"
)

// Keeper keeps the journal of one replica, in the order that the journal promises: elected before the first act, stopped after the
// last, whichever piece of work comes first or ends last. It is safe for concurrent use.
type Keeper struct {
	identity string
	journal  *journal.Writer
	// lock is nil without leader election: such a replica acts without having been elected, and says so by silence.
	lock *lock

	elected sync.Once
	// unheard is why elected could not be said: then there is no work at all.
	unheard error
	// working are the pieces of leader-only work that go on; stopping: no more may begin.
	working  sync.WaitGroup
	mu       sync.Mutex
	stopping bool
}

// New makes the keeper of the manager that the options are for, and puts into them the lock by which it learns of the term that
// this replica wins: the one that the options hold already, or else the Lease that the manager would have made for itself. Without
// leader election the options stay as they are. The journal is written to out, each entry by one write (see [journal.Open]).
func New(config *rest.Config, options *ctrl.Options, out io.Writer) (*Keeper, error) {
	k := &Keeper{journal: journal.NewWriter(out)}
	if !options.LeaderElection {
		host, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("making an identity: %w", err)
		}
		k.identity = host + "_" + string(uuid.NewUUID()) // As controller-runtime makes a candidate's.
		return k, nil
	}
	var err error
	if k.lock, err = newLock(config, options); err != nil {
		return nil, fmt.Errorf("making the Lease's lock: %w", err)
	}
	k.identity = k.lock.Identity()
	options.LeaderElectionResourceLockInterface = k.lock
	return k, nil
}

// Join adds the work to the manager by which it is seen that the replica leads, and says in the journal that the replica has
// started: it is the last thing to do before the manager is started. Before it, the replica cannot win the Lease.
func (k *Keeper) Join(manager ctrl.Manager, acts Acts) error {
	switch {
	case acts.Every <= 0:
		return fmt.Errorf("expected a pause between two acts (Acts.Every) above zero, got %v", acts.Every)
	case acts.Drain < 0:
		return fmt.Errorf("expected a drain (Acts.Drain) from zero, got %v", acts.Drain)
	}
	if k.lock != nil {
		if k.lock.joined.Swap(true) {
			return errors.New("expected one manager to join a keeper, got a second one: make a keeper for each")
		}
		//nolint:staticcheck // The lock wants this kind of recorder: controller-runtime pkg/leaderelection/leader_election.go.
		k.lock.events.EventRecorder = manager.GetEventRecorderFor(k.identity)
	}
	if err := manager.Add(&worker{keeper: k, acts: acts}); err != nil {
		return err
	}
	return k.journal.Write(journal.Entry{Kind: journal.Started, Identity: k.identity})
}

// Identity is what the replica writes into the Lease as holderIdentity.
func (k *Keeper) Identity() string { return k.identity }

// Work runs one piece of leader-only work, unless the replica has stopped or is about to: then it does nothing, and returns nil. The
// replica says that it was elected before the first piece, and it does not say that it stopped before the last has returned. An
// error is the piece's, or says that the journal cannot be written: what cannot be seen is not done.
func (k *Keeper) Work(piece func() error) error {
	if !k.begin() {
		return nil
	}
	defer k.working.Done()
	k.elected.Do(func() {
		if k.lock != nil {
			k.unheard = k.write(journal.Elected, "")
		}
	})
	if k.unheard != nil {
		return k.unheard
	}
	return piece()
}

// Stamp notes on a work item that this replica processes it, and in which term. The caller writes the item to the API server.
func (k *Keeper) Stamp(item metav1.Object) {
	annotations := item.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[journal.ProcessedByAnnotation] = k.identity
	annotations[journal.ProcessedInTermAnnotation] = strconv.FormatInt(k.term(), 10)
	item.SetAnnotations(annotations)
}

// Processed says in the journal that a work item of that name has been processed, once the API server has acknowledged its stamp.
// It belongs within [Keeper.Work], as the stamp does.
func (k *Keeper) Processed(item string) error { return k.write(journal.Processed, item) }

func (k *Keeper) term() int64 {
	if k.lock == nil {
		return 0
	}
	return k.lock.term.Load()
}

func (k *Keeper) write(kind journal.Kind, item string) error {
	term := k.term()
	return k.journal.Write(journal.Entry{Kind: kind, Identity: k.identity, Term: &term, Item: item})
}

// begin says whether a piece of work may begin, which is then in progress.
func (k *Keeper) begin() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopping {
		return false
	}
	k.working.Add(1)
	return true
}

// stop lets no more work begin, waits for what is in progress, and says that it has ended. It does not wait for a lock: virtual time
// would stand still, for which the work may be waiting.
func (k *Keeper) stop() error {
	k.mu.Lock()
	k.stopping = true
	k.mu.Unlock()
	k.working.Wait()
	return k.write(journal.Stopped, "")
}
