package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// What a work item looks like in the API: a ConfigMap with this label; and how it looks once it is processed.
const (
	// WorkLabel marks a ConfigMap as a work item; its value is "true".
	WorkLabel = "interregnum.dev/work"
	// ProcessedByAnnotation holds the identity of the replica that processed the item.
	ProcessedByAnnotation = "interregnum.dev/processed-by"
	// ProcessedInTermAnnotation holds the term in which that replica led, in decimal.
	ProcessedInTermAnnotation = "interregnum.dev/processed-in-term"
)

// Kind says what an [Entry] tells.
type Kind string

// The kinds of entries; the package documentation says when each is written.
const (
	Started   Kind = "started"
	Elected   Kind = "elected"
	Acted     Kind = "acted"
	Processed Kind = "processed"
	Stopped   Kind = "stopped"
)

var kinds = []Kind{Started, Elected, Acted, Processed, Stopped}

// Entry is one line of a journal.
type Entry struct {
	// Time is when it happened, by the replica's clock.
	Time time.Time `json:"time"`
	Kind Kind      `json:"kind"`
	// Identity is the replica's holderIdentity. It is never parsed.
	Identity string `json:"identity"`
	// Term is the Lease's leaseTransitions in the reign that the entry belongs to. A started entry has none.
	Term *int64 `json:"term,omitempty"`
	// Item names the work item of a processed entry.
	Item string `json:"item,omitempty"`
}

// Parse reads one line. It refuses what the contract does not know, because a harness that guesses at a journal judges
// something that nobody wrote.
func Parse(line []byte) (Entry, error) {
	var entry Entry
	decoder := json.NewDecoder(bytes.NewReader(line))
	if err := decoder.Decode(&entry); err != nil {
		return Entry{}, fmt.Errorf("expected a JSON object as the package controller/journal describes it, got %s: %w", excerpt(line), err)
	}
	if decoder.More() {
		return Entry{}, fmt.Errorf("expected one JSON object on the line, got more: %s", excerpt(line))
	}
	if err := entry.validate(); err != nil {
		return Entry{}, fmt.Errorf("%w: %s", err, excerpt(line))
	}
	return entry, nil
}

func (e Entry) validate() error {
	switch {
	case !slices.Contains(kinds, e.Kind):
		return fmt.Errorf("expected a kind out of %v, got %q", kinds, e.Kind)
	case e.Time.IsZero():
		return fmt.Errorf("expected a time (RFC 3339) in the %s entry, got none", e.Kind)
	case e.Identity == "":
		return fmt.Errorf("expected an identity in the %s entry, got none", e.Kind)
	case e.Term == nil && e.Kind != Started && e.Kind != Stopped:
		return fmt.Errorf("expected a term in the %s entry, got none", e.Kind)
	case e.Term != nil && *e.Term < 0:
		return fmt.Errorf("expected a term from 0 in the %s entry, got %d", e.Kind, *e.Term)
	case e.Kind == Processed && e.Item == "":
		return fmt.Errorf("expected an item in the processed entry, got none")
	}
	return nil
}

func excerpt(line []byte) string {
	const most = 120
	if len(line) > most {
		return fmt.Sprintf("%q…", line[:most])
	}
	return fmt.Sprintf("%q", line)
}
