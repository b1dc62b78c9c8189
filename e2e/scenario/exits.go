package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/interregnum/interregnum/e2e/history"
)

// crashes is how often a replica may exit before it has said that it started, until the run gives up: a program that
// cannot start is not worth waiting for.
const crashes = 3

// neverUp says whether a replica keeps exiting without ever having started.
type neverUp struct {
	spoke map[history.Source]bool
	count map[string]int
}

func newNeverUp() *neverUp {
	return &neverUp{spoke: map[history.Source]bool{}, count: map[string]int{}}
}

func (n *neverUp) sees(f history.Fact) bool {
	switch {
	case f.Kind == history.Started:
		n.spoke[f.Source] = true
	case f.Kind == history.Exited && !n.spoke[f.Source]:
		n.count[f.Replica]++
	}
	return n.count[f.Replica] >= crashes
}

// down says, for an error, what is known of replicas that are not there: that none keeps a journal, and how each last
// exited without having been told to.
func (r *Run) down() string {
	facts := r.observer.Facts()
	told := map[history.Source]bool{}
	exits := map[string]history.Fact{}
	journals := false
	for _, fact := range facts {
		switch {
		case fact.Kind == history.Started:
			journals = true
		case fact.Kind == history.Signalled:
			told[fact.Source] = true
		case fact.Kind == history.Exited && !told[fact.Source]:
			exits[fact.Replica] = fact
		}
	}
	var text strings.Builder
	if !journals {
		fmt.Fprintf(&text, "; no replica has written to its journal (--journal): the package controller/journal says what is expected there, and the replicas' logs are in %s", r.folder)
	}
	for _, name := range slices.Sorted(maps.Keys(exits)) {
		fmt.Fprintf(&text, "; %s last exited %s", exits[name].Source, how(*exits[name].Exit))
	}
	return text.String()
}

func how(exit history.Exit) string {
	text := fmt.Sprintf("with code %d", exit.Code)
	if exit.Signal != "" {
		text = "by " + exit.Signal
	}
	if exit.Error != "" {
		text += ": " + exit.Error
	}
	return text
}
