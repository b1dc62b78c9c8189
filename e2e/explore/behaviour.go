package explore

import (
	"hash/fnv"
	"slices"

	"github.com/interregnum/interregnum/e2e/history"
)

// behaviours are what happened in a run, in short: which fact followed which, and in which state the election was then. It counts
// the requests of replicas, too.
func behaviours(h *history.History) (list []uint32, requests int) {
	w := &watcher{scene: newScene(), faults: map[int]string{}, seen: map[uint32]bool{}}
	for i := range h.Facts {
		f := &h.Facts[i]
		if f.Write != nil && f.Replica != "" {
			requests++
		}
		w.see(f)
	}
	for behaviour := range w.seen {
		list = append(list, behaviour)
	}
	slices.Sort(list)
	return list, requests
}

// watcher notes behaviours.
type watcher struct {
	*scene
	before string
	// faults are those that last, by their ids.
	faults map[int]string
	seen   map[uint32]bool
}

func (w *watcher) see(f *history.Fact) {
	event := w.scene.see(*f)
	what := w.name(f, event)
	if what == "" || what == w.before {
		return
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(w.before + "→" + what + " while " + w.state()))
	w.seen[hash.Sum32()] = true
	w.before = what
}

// name is what a fact is, and of whom.
func (w *watcher) name(f *history.Fact, event string) string {
	role := ""
	if f.Replica != "" {
		role = w.role(f.Source)
	}
	switch f.Kind {
	case history.Injected:
		w.faults[f.Fault.ID] = f.Fault.Name
		return "injected " + f.Fault.Name + role
	case history.Healed:
		name := w.faults[f.Fault.ID]
		delete(w.faults, f.Fault.ID)
		return "healed " + name + role
	case history.Acted, history.Processed:
		return "act" + role
	case history.Wrote:
		if f.Replica == "" || f.Write.Resource != history.Leases {
			return ""
		}
		holder := " release"
		if f.Lease != nil && f.Lease.Holder != "" {
			holder = " claim"
		}
		return "wrote" + holder + string(f.Write.Effect()) + role
	case history.Looked:
		return "look" + role
	case history.Signalled:
		return f.Signal + role
	case history.Exited:
		if f.Exit.Code != 0 {
			return "failed" + role
		}
		return "exit" + role
	case history.Stamped, history.Made, history.Evidence, history.Launched:
		return ""
	default:
		return event + role
	}
}

func (w *watcher) role(s history.Source) string {
	leader, there := w.leader()
	switch {
	case s.Replica == leader.Replica && s.Start == leader.Start && there:
		return " by the leader"
	case s == w.actor:
		return " by who led"
	}
	return " by another"
}

// state is what the election is in.
func (w *watcher) state() string {
	state := "nobody holds"
	if w.lease != nil && w.lease.Holder != "" {
		state = "somebody holds"
		if _, there := w.leader(); !there {
			state = "one who is gone holds"
		}
	}
	switch n := len(w.faults); {
	case n == 1:
		for _, name := range w.faults {
			state += ", " + name
		}
	case n > 1:
		state += ", several faults"
	}
	return state
}
