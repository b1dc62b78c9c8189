package history

import (
	"slices"
)

// Election is one that a subject takes part in.
type Election struct {
	// Lease is the name of the one that it is about; empty, where there is no other.
	Lease string `json:"lease"`
	// Timings are those that it always has; nil, where it has those of the run.
	Timings *Timings `json:"timings,omitempty"`
	// Writes are those that only the leader of this election makes; none: all that belong to no other election.
	Writes []WritePattern `json:"writes,omitempty"`
}

// Election is the one that the facts of the history are about, and Standbys what those may write who do not lead: whoever leads in
// another election makes the writes of that one.
func (h Header) Election() (e Election, standbys []WritePattern) {
	e, standbys = Election{Lease: h.Lease}, h.Standbys
	for _, one := range h.Elections {
		if one.Lease == h.Lease {
			e = one
		} else {
			standbys = slices.Concat(standbys, one.Writes)
		}
	}
	if len(e.Writes) > 0 {
		standbys = h.Standbys // What is not among its writes is no work of its leader.
	}
	return e, standbys
}

// PerElection returns a history for each election of the subject, as if there were no other: the first as it was told, of the others
// their Leases, and what was written. Faults and work items are made for the first: of the others safety is promised, and that
// somebody leads; who loses, and when, depends on which replica led.
func (h *History) PerElection() []*History {
	if len(h.Header.Elections) < 2 {
		return []*History{h}
	}
	all := []*History{h}
	for _, e := range h.Header.Elections {
		if e.Lease != h.Header.Lease {
			all = append(all, h.about(e))
		}
	}
	return all
}

func (h *History) about(e Election) *History {
	one := &History{Header: h.Header, Sealed: h.Sealed}
	one.Header.Lease = e.Lease
	one.Header.Witnesses = []Witness{Writes}
	one.Header.Expect = Expectation{Promises: h.Header.Expect.Promises, MayLose: true}
	if e.Timings != nil {
		one.Header.Timings = []Timings{*e.Timings}
	}
	for _, f := range h.Facts {
		switch {
		case f.Kind == OtherLeaseSeen || f.Kind == OtherLeaseGone:
			if f.Election != e.Lease {
				continue
			}
			f.Kind, f.Election = map[Kind]Kind{OtherLeaseSeen: LeaseSeen, OtherLeaseGone: LeaseGone}[f.Kind], ""
		case f.Kind == LeaseSeen || f.Kind == LeaseGone || f.Kind == Made || f.Kind == Stamped || f.Kind.ofJournal():
			continue
		}
		one.Facts = append(one.Facts, f)
	}
	return one
}
