package explore

import (
	"maps"
	"slices"

	"github.com/interregnum/interregnum/e2e/history"
)

// scene is what is known of a run under way, one fact after the other: who leads, and who is there.
type scene struct {
	// seen counts the facts, launched the replicas that there ever were.
	seen, launched int
	// alive are the present lives, by replica; up those that have said that they started.
	alive map[string]history.Source
	up    map[string]bool
	// byIdentity are the lives that stated one.
	byIdentity map[string]history.Source
	// lease is the last version that was seen; nil, if there is none.
	lease *history.Lease
	actor history.Source
}

func newScene() *scene {
	return &scene{alive: map[string]history.Source{}, up: map[string]bool{}, byIdentity: map[string]history.Source{}}
}

// see takes the next fact, and says which events it is.
func (s *scene) see(f history.Fact) (event string) {
	s.seen++
	switch f.Kind {
	case history.Launched:
		if f.Start == 1 {
			s.launched++
		}
		s.alive[f.Replica] = f.Source
	case history.Exited:
		if s.alive[f.Replica] == f.Source {
			delete(s.alive, f.Replica)
			delete(s.up, f.Replica)
		}
		return Exit
	case history.Started:
		s.byIdentity[f.Identity] = f.Source
		s.up[f.Replica] = true
		return Start
	case history.Elected:
		return Election
	case history.Stopped:
		return Stopping
	case history.Acted, history.Processed:
		s.actor = f.Source
	case history.Signalled:
		if f.Signal == "SIGTERM" {
			return Told
		}
	case history.Looked:
		return Look
	case history.LeaseGone:
		s.lease = nil
	case history.LeaseSeen:
		before := s.lease
		s.lease = f.Lease
		switch {
		case f.Lease.Holder == "":
			return Release
		case before == nil || before.Holder != f.Lease.Holder:
			return Acquisition
		}
		return Renewal
	default: // The others change nothing in it.
	}
	return ""
}

// leader is who leads: who holds the Lease, or else acted last. False, if such a one is not there.
func (s *scene) leader() (history.Source, bool) {
	if s.lease != nil {
		if holder, known := s.byIdentity[s.lease.Holder]; known && s.alive[holder.Replica] == holder {
			return holder, true
		}
	}
	return s.actor, s.actor.Replica != "" && s.alive[s.actor.Replica] == s.actor
}

// standby is the first by name of those that run, and do not lead.
func (s *scene) standby() (string, bool) {
	leader, _ := s.leader()
	for _, name := range slices.Sorted(maps.Keys(s.alive)) {
		if name != leader.Replica && s.up[name] {
			return name, true
		}
	}
	return "", false
}
