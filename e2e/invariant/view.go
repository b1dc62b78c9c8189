package invariant

import (
	"cmp"
	"slices"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// view is a history, put in order for the checks. It is made once, in one pass over the facts for each thing that it knows,
// so that judging takes time in proportion to the length of a history.
type view struct {
	header      history.Header
	bounds      Bounds
	uncertainty time.Duration

	// facts in order, with what the record of requests tells of acts, where no journal does; nothing in it is changed.
	facts []history.Fact
	// journalled: the replicas keep journals. unexplained is what standbys wrote, where they do not.
	journalled  bool
	unexplained []history.StandbyWrite
	kinds       map[history.Kind][]*history.Fact

	lives      []*life // in the order in which they are first heard of
	bySource   map[history.Source]*life
	byReplica  map[string][]*life
	byIdentity map[string][]*life

	versions []version
	// gaps are the versions before which others may not have been seen.
	gaps []*history.Fact
	// held and holes are told by view.holding and view.unseenTerms.
	held  map[string]holdings
	holes []hole
	// strangers are renewals by identities that no journal states.
	strangers map[string][]renewal
	disturbs  []disturbance
	// slow are those of the disturbances that delay requests, lifted those that were healed: few are, and many ask.
	slow, lifted []*disturbance
	acts         []act
	reigns       []reign
	// absent are the replicas that lost and did not come back to stay: that is a breach, and excuses nothing.
	absent map[string]bool
	// dim are reasons why an act that looks late need not be: what was not seen may excuse it.
	dim []string
	// busy are reasons why a leader lost of which nobody is to blame but the machine.
	busy []string
	// unknown are the writes of the Lease of which nobody knows what became of them, by when they were received.
	unknown []*history.Fact
}

// tick is the resolution of the times in a Lease: metav1.MicroTime cuts off what is smaller, so that a moment in a Lease
// may have been up to a tick later than it says.
const tick = time.Microsecond

func newView(h *history.History) *view {
	v := &view{
		header:      h.Header,
		bounds:      NewBounds(h.Header),
		uncertainty: h.Header.Cluster.ClockUncertainty.Duration,
		facts:       inOrder(h),
		journalled:  h.Header.Journalled(),
		kinds:       map[history.Kind][]*history.Fact{},
		bySource:    map[history.Source]*life{},
		byReplica:   map[string][]*life{},
		byIdentity:  map[string][]*life{},
		absent:      map[string]bool{},
	}
	if !v.journalled {
		told := history.History{Header: h.Header, Facts: v.facts}
		v.facts, v.unexplained = told.Told()
	}
	for i := range v.facts {
		fact := &v.facts[i]
		v.kinds[fact.Kind] = append(v.kinds[fact.Kind], fact)
	}
	v.findLives()
	v.findDisturbances()
	v.findVersions()
	v.findActs()
	v.findReigns()
	return v
}

// inOrder is the facts in order, without a copy where they are in order already.
func inOrder(h *history.History) []history.Fact {
	if slices.IsSortedFunc(h.Facts, func(a, b history.Fact) int { return a.Time.Compare(b.Time) }) {
		return h.Facts
	}
	sorted := history.History{Header: h.Header, Facts: slices.Clone(h.Facts)}
	sorted.Sort()
	return sorted.Facts
}

// of lists the facts of one kind.
func (v *view) of(kind history.Kind) []*history.Fact { return v.kinds[kind] }

// recorded says whether the API server has recorded every write.
func (v *view) recorded() bool { return slices.Contains(v.header.Witnesses, history.Writes) }

// end is when the run ended.
func (v *view) end() time.Time {
	if len(v.facts) == 0 {
		return time.Time{}
	}
	return v.facts[len(v.facts)-1].Time
}

// after is the place of the first of some facts, sorted by time, that is later than a moment.
func after(facts []*history.Fact, t time.Time) int {
	at, _ := slices.BinarySearchFunc(facts, t, func(f *history.Fact, t time.Time) int {
		if f.Time.After(t) {
			return 1
		}
		return -1
	})
	return at
}

// lastUntil is the last of some facts, sorted by time, up to a moment; nil, if there is none.
func lastUntil(facts []*history.Fact, t time.Time) *history.Fact {
	if at := after(facts, t); at > 0 {
		return facts[at-1]
	}
	return nil
}

func firstOf(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func lastOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func compareSources(a, b history.Source) int {
	return cmp.Or(cmp.Compare(a.Replica, b.Replica), cmp.Compare(a.Start, b.Start))
}
