package invariant

import (
	"slices"

	"github.com/interregnum/interregnum/e2e/history"
)

// Evidence is a kind of what a guarantee is judged by.
type Evidence string

// The kinds.
const (
	// Acts of the replicas, and the names that they bear.
	Acts Evidence = "acts"
	// Versions of the Lease.
	Versions Evidence = "versions"
	// Lives: when each began and ended, and how.
	Lives Evidence = "lives"
	// Items of work: which were made, and which are done.
	Items Evidence = "items"
)

// evidence is what each guarantee is judged by.
var evidence = map[string][]Evidence{
	AtMostOneActor.Name:        {Acts},
	FallsSilentInTime.Name:     {Acts, Versions},
	OnlyTheElectedAct.Name:     {Acts, Versions, Lives},
	TermsNeverGoBack.Name:      {Versions, Acts},
	OnlyTheHolderReleases.Name: {Versions, Acts},
	IdentitiesAreUnique.Name:   {Acts, Versions},
	SomeoneLeads.Name:          {Acts, Lives},
	TakeoverInTime.Name:        {Acts},
	ReleasesWhenTold.Name:      {Versions, Lives, Acts},
	LosersReturn.Name:          {Acts, Lives},
	NoNeedlessHandover.Name:    {Versions, Acts},
	NothingLost.Name:           {Items, Acts},
	RefusesBadTimings.Name:     {Lives, Versions},
}

// Seen says, in a few words each, who saw what a guarantee is judged by, in a run with these witnesses: they know of acts, and what the
// API server has recorded holds every version of the Lease; the others are the harness's own watches.
func (g Guarantee) Seen(by []history.Witness) (who []string) {
	of := evidence[g.Name]
	written := slices.Contains(by, history.Writes)
	if slices.Contains(of, Acts) {
		for _, witness := range by {
			who = append(who, string(witness))
		}
	} else if written && slices.Contains(of, Versions) {
		who = append(who, string(history.Writes))
	}
	for _, watched := range []struct {
		of  Evidence
		who string
	}{{Versions, "the watch of the Lease"}, {Items, "the watch of the work"}, {Lives, "the cluster's word on starts and exits"}} {
		if slices.Contains(of, watched.of) {
			who = append(who, watched.who)
		}
	}
	return who
}

// Unseen are the guarantees that say nothing of what a replica did that was cut off entirely, in a run with these witnesses: without a
// journal nobody knows, since nothing of it arrived anywhere.
func Unseen(by []history.Witness) (all []Guarantee) {
	if slices.Contains(by, history.Journals) {
		return nil
	}
	for _, g := range Guarantees {
		if g.Safety && slices.Contains(evidence[g.Name], Acts) && !slices.Contains([]string{TermsNeverGoBack.Name, OnlyTheHolderReleases.Name, IdentitiesAreUnique.Name}, g.Name) {
			all = append(all, g)
		}
	}
	return all
}
