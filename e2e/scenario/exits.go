package scenario

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
)

// crashes is how often a replica may exit before it has said that it started, until the run gives up: a program that
// cannot start is not worth waiting for.
const crashes = 3

// crashing says whether a replica keeps exiting without ever having started; and, as long as nothing was done to anybody, without
// having acted, and without having been told to.
type crashing struct {
	undisturbed bool
	// spoke are the lives that have started, settled those that did something or were told to end.
	spoke, settled map[history.Source]bool
	count          map[string]int
	// did is what the replica did not do that exited so often.
	did string
}

func newCrashing(undisturbed bool) *crashing {
	return &crashing{
		undisturbed: undisturbed, spoke: map[history.Source]bool{}, settled: map[history.Source]bool{}, count: map[string]int{},
		did: "said that it started",
	}
}

func (c *crashing) hopeless() bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(c.count)), func(n int) bool { return n >= crashes })
}

func (c *crashing) sees(f history.Fact) bool {
	switch {
	case f.Kind == history.Started:
		c.spoke[f.Source] = true
	case f.Kind == history.Signalled, f.IsAct():
		c.settled[f.Source] = true
	case f.Kind != history.Exited:
	case !c.spoke[f.Source]:
		c.count[f.Replica]++
	case c.undisturbed && !c.settled[f.Source]:
		c.count[f.Replica]++
		c.did = "acted"
	}
	return c.count[f.Replica] >= crashes
}

// down says, for an error, what is known of replicas that are not there: that none keeps a journal, or that there is no such Lease, and
// how each last exited without having been told to.
func (r *Run) down() string {
	facts := r.observer.Facts()
	told := map[history.Source]bool{}
	exits := map[string]history.Fact{}
	journals, lease := false, false
	for _, fact := range facts {
		switch {
		case fact.Kind == history.Started:
			journals = true
		case fact.Kind == history.LeaseSeen:
			lease = true
		case fact.Kind == history.Signalled:
			told[fact.Source] = true
		case fact.Kind == history.Exited && !told[fact.Source]:
			exits[fact.Replica] = fact
		}
	}
	var text strings.Builder
	switch {
	case lease || journals || r.refusing: // Who is to refuse need not come.
	case !r.subject.Journals():
		fmt.Fprintf(&text, "; the Lease %s was never there%s: expected the subject to make it (elections, in its file); the replicas' logs are in %s",
			r.subject.Elections[0].Name, r.others(), r.folder)
	default:
		fmt.Fprintf(&text, "; no replica has written to its journal (--journal): the package controller/journal says what is expected there, and the replicas' logs are in %s", r.folder)
	}
	text.WriteString(r.work.none())
	for _, name := range slices.Sorted(maps.Keys(exits)) {
		fmt.Fprintf(&text, "; %s last exited %s", exits[name].Source, how(*exits[name].Exit))
	}
	return text.String()
}

// nobodyCame says whether no replica has said that it started.
func (r *Run) nobodyCame() bool {
	return !slices.ContainsFunc(r.observer.Facts(), func(f history.Fact) bool { return f.Kind == history.Started })
}

// Listing is a cluster that can say which Leases there are.
type Listing interface {
	// Leases are the names of those in the namespaces that the subject's elections are in.
	Leases(ctx context.Context) ([]string, error)
}

// others says which Leases there are, where that can be told.
func (r *Run) others() string {
	listing, is := r.cluster.(Listing)
	if !is {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	switch names, err := listing.Leases(ctx); {
	case err != nil:
		return ""
	case len(names) == 0:
		return ", nor any other"
	default:
		return fmt.Sprintf(", but %s", strings.Join(names, ", "))
	}
}

func how(exit history.Exit) string {
	text := fmt.Sprintf("with code %d", exit.Code)
	if exit.Signal != "" {
		text = "by " + exit.Signal
	}
	switch said := exit.Error; {
	case said == "":
	case strings.HasSuffix(strings.TrimSpace(exit.Output), said): // What comes before the last line says more; but not above a panic.
		text += ": " + lastOf(exit.Output)
	default:
		text += ": " + said
	}
	return text
}

// lastOf are the last lines of what a replica said.
func lastOf(output string) string {
	const few = 3
	lines := strings.Split(strings.TrimSpace(output), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines[max(0, len(lines)-few):], " | ")
}
