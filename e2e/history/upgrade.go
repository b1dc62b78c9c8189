package history

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// upgrade gives a history of version 1 what the current version says beyond it. The facts keep their places.
func (h *History) upgrade() {
	header := &h.Header
	header.Version = Version
	// Every run made a work item once in a RetryPeriod of the timings that it began with.
	header.WorkPeriod = header.Timings[0].RetryPeriod
	// There was no other witness.
	header.Witnesses = []Witness{Journals}
	header.Expect.upgrade()
	for i := range h.Facts {
		h.Facts[i].upgrade()
	}
}

// The guarantees by whose names version 1 meant something else, or that it did not know.
const (
	noNeedlessHandover  = "NoNeedlessHandover"
	identitiesAreUnique = "IdentitiesAreUnique"
)

func (e *Expectation) upgrade() {
	if len(e.Promises) == 0 {
		return // Nothing was promised, and nothing is.
	}
	// It meant that the leader never changes. Now it means that each change has a cause that came before it, which every scenario
	// promises; that no fault is one is told by what is expected.
	if !slices.Contains(e.Promises, noNeedlessHandover) {
		e.MayLose = true
		e.Promises = append(e.Promises, noNeedlessHandover)
	}
	// Every scenario promises it since there is such a guarantee.
	if !slices.Contains(e.Promises, identitiesAreUnique) {
		e.Promises = append(e.Promises, identitiesAreUnique)
	}
}

func (f *Fact) upgrade() {
	// How many replicas were deployed stood in the text alone: "3 replicas".
	if count, is := strings.CutSuffix(f.Text, " replicas"); is && f.Kind == Deployed {
		if replicas, err := strconv.Atoi(count); err == nil {
			f.Replicas = replicas
		}
	}
	if f.Fault != nil {
		f.Fault.upgrade()
	}
}

// What a fault of version 1 was can only be told by its name, since the name was all that was said of it.
const (
	slowServer = "API server slow"
	eachWay    = " each way"
)

func (f *Fault) upgrade() {
	// While it lasts, a fault keeps those from leading whom it is aimed at, but for these: a slow API server answers in the
	// end; a rollout, another number of replicas and the draining of a node replace replicas by others that can lead.
	f.Spares = f.Name == "rollout" || f.Name == "node drained" || strings.HasPrefix(f.Name, "scaled") || strings.HasPrefix(f.Name, slowServer)
	// "API server slow: 1.25s each way": the request takes longer by this, and so does the answer.
	if rest, is := strings.CutPrefix(f.Name, slowServer+": "); is {
		if latency, is := strings.CutSuffix(rest, eachWay); is {
			if length, err := time.ParseDuration(latency); err == nil {
				f.Delay.Duration = 2 * length
			}
		}
	}
}

// upgradeOrder moves facts of version 1 to where the current version has them.
//
// On kind a life's launch was dated by when its container runtime called it started, which is some milliseconds after the
// process began, and so after the process had said that it started. Such a launch is dated by that word, and stands before
// it.
func (h *History) upgradeOrder() {
	if h.Header.Cluster.Name != "kind" {
		return
	}
	started := map[Source]int{}
	for i := range h.Facts {
		fact := h.Facts[i]
		at, spoke := started[fact.Source]
		if fact.Kind == Started && !spoke {
			started[fact.Source] = i
		}
		if fact.Kind != Launched || !spoke {
			continue
		}
		if after := fact.Time.Sub(h.Facts[at].Time); after <= 0 || after > time.Second {
			continue
		}
		fact.Time = h.Facts[at].Time
		copy(h.Facts[at+1:i+1], h.Facts[at:i])
		h.Facts[at] = fact
		for source, place := range started {
			if place >= at {
				started[source] = place + 1
			}
		}
	}
}
