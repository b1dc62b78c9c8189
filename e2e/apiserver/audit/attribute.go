package audit

import (
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// Lives tells which lives of a replica ran with the tokens of a pod, in their order; nil for a pod that is no replica's.
type Lives func(pod, uid string) []history.Source

// Attribute returns the requests with the lives that sent them as their sources; the sources of those that no replica sent
// are empty. seen are the facts of the run: when lives were launched, and which identities they stated.
//
// A request may say whose it is ([IDOf]): then that is the author, if it is one of the lives of its pod. Else, of the lives that ran
// in one pod, the author is the one that stated, in its journal, the identity that was written: a
// request may be held on its way until after the next life began. Else, or where several lives stated it, it is the latest
// one that was launched when the request was sent, as far as that is known; between two lives that is the earlier one. What is no request
// about a Lease is of the one before, if the latest has never written itself into the Lease, and that one had: what a life has sent
// may arrive when the next has begun, as after a partition.
func Attribute(writes, seen []history.Fact, lives Lives) []history.Fact {
	launched := map[history.Source]time.Time{}
	stated := map[history.Source]string{}
	for _, fact := range seen {
		switch fact.Kind {
		case history.Launched:
			launched[fact.Source] = fact.Time
		case history.Started:
			stated[fact.Source] = fact.Identity
		default: // The others tell neither when a life began nor what it is called.
		}
	}
	held := map[history.Source]bool{}
	attributed := slices.Clone(writes)
	for i, write := range attributed {
		if write.Write == nil || write.Write.PodUID == "" {
			attributed[i].Source = history.Source{}
			continue
		}
		of := lives(write.Write.Pod, write.Write.PodUID)
		if named := write.Source; named.Replica != "" {
			if attributed[i].Source = (history.Source{}); slices.Contains(of, named) {
				attributed[i].Source = named
				continue
			}
		}
		identity := written(write)
		same := slices.DeleteFunc(slices.Clone(of), func(life history.Source) bool { return identity == "" || stated[life] != identity })
		if len(same) > 0 {
			of = same
		}
		for at, life := range of {
			// The first is whoever is left: nobody else has the token.
			if at == 0 || !launched[life].After(sent(write)) {
				attributed[i].Source = life
			}
		}
		switch lease := write.Lease; {
		case lease != nil && lease.Holder != "":
			held[attributed[i].Source] = true
		case lease == nil && write.Kind == history.Wrote:
			attributed[i].Source = heir(of, attributed[i].Source, held)
		}
	}
	return attributed
}

// heir is the life, or else the latest one before it that has led, if it has not.
func heir(of []history.Source, life history.Source, held map[history.Source]bool) history.Source {
	for _, before := range slices.Backward(of[:slices.Index(of, life)+1]) {
		if held[before] {
			return before
		}
	}
	return life
}

// sent is when a request was sent, at the latest: a candidate writes into the Lease what time it is (LeaderElector.tryAcquireOrRenew), by
// the clock of the node that says when lives are launched.
func sent(write history.Fact) time.Time {
	if lease := write.Lease; lease != nil && !lease.RenewTime.IsZero() && lease.RenewTime.Before(write.Time) {
		return lease.RenewTime
	}
	return write.Time
}

// written is the identity that a write puts into an object.
func written(write history.Fact) string {
	if write.Lease != nil {
		return write.Lease.Holder
	}
	return write.Identity
}
