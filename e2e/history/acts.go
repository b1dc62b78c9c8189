package history

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Acts tells what the journals of replicas would tell that keep none, from what the API server has recorded of their requests:
//
//   - [Started]: a life has asked for its Lease for the first time;
//   - [Elected]: it has written itself into the Lease, in a term in which it had not led before;
//   - [Acted]: it has asked to change something, whatever came of it, once it had asked for its Lease. Not: Leases, Events, reviews
//     of tokens and of rights, and what was answered with 401 or 403; nor what a standby may write, too;
//   - [Stopped]: it has removed a holder from the Lease.
//
// Whoever wrote a holderIdentity is that identity; it is never parsed. A life that never wrote one has none.
//
// It is to see the facts of a run in the order of their times, and keeps what it needs of them: a time in proportion to their
// number, and one after the other.
type Acts struct {
	election Election
	standbys []WritePattern
	lives    map[Source]*standing
}

// standing is where a life stands in the election.
type standing struct {
	identity string
	asked    bool
	// elected: it has led at some time; term is the one that it led in last.
	elected bool
	term    int64
	// renewed is the time that it wrote into the Lease last.
	renewed time.Time
}

// NewActs is for the election that a header is about.
func NewActs(h Header) *Acts {
	election, standbys := h.Election()
	return &Acts{election: election, standbys: standbys, lives: map[Source]*standing{}}
}

func (a *Acts) of(source Source) *standing {
	if a.lives[source] == nil {
		a.lives[source] = &standing{}
	}
	return a.lives[source]
}

// See returns what the fact tells beyond itself.
func (a *Acts) See(f Fact) (told []Fact) {
	if f.Kind != Wrote && f.Kind != Looked || f.Replica == "" || f.Start < 1 {
		return nil
	}
	s := a.of(f.Source)
	tell := func(kind Kind, term *int64, write *Write) {
		told = append(told, Fact{Time: f.Time, Kind: kind, Source: f.Source, Identity: s.identity, Term: term, Write: write})
	}
	switch {
	case f.Write.Resource == Leases && (a.election.Lease == "" || f.Write.Name == a.election.Lease):
		if f.Kind == Wrote && f.Lease != nil && f.Lease.Holder != "" {
			s.identity = f.Lease.Holder
		}
		if !s.asked {
			s.asked = true
			tell(Started, nil, nil)
		}
		switch {
		case f.Kind != Wrote || f.Lease == nil || f.Write.Effect() != Applied:
		case f.Lease.Holder == "" && s.elected:
			tell(Stopped, new(s.term), nil)
			// By then it had, by its own word. One that leaves the time of its last renewal gives none.
			if said := f.Lease.RenewTime; said.After(s.renewed) && said.Before(f.Time) {
				told[len(told)-1].Time = said
			}
		case f.Lease.Holder != "" && (!s.elected || s.term != f.Lease.Transitions):
			s.elected, s.term = true, f.Lease.Transitions
			tell(Elected, new(s.term), nil)
		}
		if f.Lease != nil && f.Lease.Holder != "" {
			s.renewed = f.Lease.RenewTime
		}
	case f.Kind == Wrote && s.asked && a.isWork(f.Write):
		tell(Acted, new(s.term), f.Write)
	}
	return told
}

// isWork says whether only the leader makes such a request.
func (a *Acts) isWork(w *Write) bool {
	return w.isWork() && !matches(a.standbys, w) && (len(a.election.Writes) == 0 || matches(a.election.Writes, w))
}

// led says whether a life has led so far.
func (a *Acts) led(source Source) bool { return a.of(source).elected }

// noWork are what everybody may write who may speak to the API server: they say nothing of who leads.
var noWork = []string{
	Leases, "events", "events.events.k8s.io",
	"tokenreviews.authentication.k8s.io", "selfsubjectreviews.authentication.k8s.io",
	"subjectaccessreviews.authorization.k8s.io", "selfsubjectaccessreviews.authorization.k8s.io",
	"localsubjectaccessreviews.authorization.k8s.io", "selfsubjectrulesreviews.authorization.k8s.io",
	"serviceaccounts/token",
}

// isWork says whether the request is one that only a leader makes, if its subject does not say otherwise.
func (w *Write) isWork() bool {
	return w.Code != http.StatusUnauthorized && w.Code != http.StatusForbidden && !slices.Contains(noWork, w.Resource)
}

func matches(patterns []WritePattern, w *Write) bool {
	return slices.ContainsFunc(patterns, func(p WritePattern) bool {
		return (p.Verb == "" || p.Verb == "*" || p.Verb == w.Verb) && (p.Resource == "*" || strings.EqualFold(p.Resource, w.Resource))
	})
}

// StandbyWrite is what replicas wrote at rest that had never led: before anything was done to them.
type StandbyWrite struct {
	WritePattern
	// Count is how often, and First the first time.
	Count int
	First *Fact
}

// Told returns the facts of a history with what [Acts] tells beside them, in order of time, and what standbys wrote at rest without
// leave. The history must be in order. What standbys wrote so is no act of anybody who has never led: nobody knows what it means.
func (h *History) Told() (facts []Fact, unexplained []StandbyWrite) {
	unexplained = h.standbyWrites()
	strange := make([]WritePattern, 0, len(unexplained))
	for _, w := range unexplained {
		strange = append(strange, w.WritePattern)
	}
	acts := NewActs(h.Header)
	first := h.firstWrites()
	facts = make([]Fact, 0, 2*len(h.Facts))
	for i := range h.Facts {
		facts = append(facts, h.Facts[i])
		for _, told := range acts.See(h.Facts[i]) {
			switch {
			case told.Kind == Started && first[told.Source] != nil:
				own := first[told.Source]
				told.Identity = own.Holder
				// An elector looks at its clock before it looks at the Lease, and writes that time (LeaderElector.tryAcquireOrRenew).
				if own.RenewTime.Before(told.Time) && told.Time.Sub(own.RenewTime) < time.Second {
					told.Time = own.RenewTime
				}
			case told.Kind == Acted && !acts.led(told.Source) && matches(strange, told.Write):
				continue
			}
			facts = append(facts, told)
		}
	}
	slices.SortStableFunc(facts, func(a, b Fact) int { return a.Time.Compare(b.Time) })
	return facts, unexplained
}

// firstWrites are the first versions of the Lease that each life asked for, with itself as the holder.
func (h *History) firstWrites() map[Source]*Lease {
	first := map[Source]*Lease{}
	for i := range h.Facts {
		f := &h.Facts[i]
		if f.Kind == Wrote && f.Write.Resource == Leases && (h.Header.Lease == "" || f.Write.Name == h.Header.Lease) &&
			f.Lease != nil && f.Lease.Holder != "" && f.Replica != "" && first[f.Source] == nil {
			first[f.Source] = f.Lease
		}
	}
	return first
}

func (h *History) standbyWrites() (found []StandbyWrite) {
	acts := NewActs(h.Header)
	for i := range h.Facts {
		if h.Facts[i].Kind == Injected {
			break
		}
		for _, told := range acts.See(h.Facts[i]) {
			if told.Kind != Acted || acts.led(told.Source) {
				continue
			}
			pattern := WritePattern{Verb: told.Write.Verb, Resource: told.Write.Resource}
			at := slices.IndexFunc(found, func(w StandbyWrite) bool { return w.WritePattern == pattern })
			if at < 0 {
				at = len(found)
				found = append(found, StandbyWrite{WritePattern: pattern, First: &h.Facts[i]})
			}
			found[at].Count++
		}
	}
	return found
}

// Journalled says whether the replicas keep journals: they do, unless writes alone bear witness.
func (h Header) Journalled() bool {
	return slices.Contains(h.Witnesses, Journals) || !slices.Contains(h.Witnesses, Writes)
}
