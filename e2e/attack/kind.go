package attack

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// Must is what must come of an edit.
type Must string

// What may be asked for. All but Refused are said of the verdict on a history that the reader takes.
const (
	// Refused: the reader takes it for damaged.
	Refused Must = "refused"
	// Broken: each guarantee that the kind names and the run promises is broken, and the run with it.
	Broken Must = "broken"
	// Inconclusive: the evidence contradicts itself, or is missing.
	Inconclusive Must = "inconclusive"
	// NotHeld: broken or inconclusive, as the run has it.
	NotHeld Must = "not held"
	// NotBroken: held or inconclusive. Something went unseen, and nobody did anything wrong.
	NotBroken Must = "not broken"
	// Held: what was changed does not matter.
	Held Must = "held"
)

// Kind is one way to edit a history.
type Kind struct {
	// Name says what is done, and Why what it stands for.
	Name, Why string
	// Must is what must come of it, for every run that held.
	Must Must
	// Breaks are the guarantees that it breaks; of a run that promises none of them, there is nothing to edit in this way.
	Breaks []invariant.Guarantee

	// Either facts are changed, and the history is sealed anew, or the file is.
	facts func(*scene) bool
	file  func(*text) bool
}

// Kinds lists them all.
var Kinds = slices.Concat(acts, elections, leases, identities, lives, refusals, work, writes, faults, clocks, copies, numbers, files)

// Attempt is what came of one edit.
type Attempt struct {
	// Edited is the file that was read and judged; nil, if the history had nothing to edit in this way.
	Edited []byte
	// Outcome is "refused", or what the judge said.
	Outcome string
	// Refusal is what the reader said, if it refused; Verdict is what the judge said, if it did not.
	Refusal error
	Verdict invariant.Verdict
	// Wrong says what should have come of it; nil, if it did.
	Wrong error
}

// Try edits a copy of a history that held, in a way that the seed alone decides, and has it read and judged. An error means
// that the history could not be saved, or not judged.
func (k Kind) Try(h *history.History, seed uint64) (Attempt, error) {
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // It must be drawn again the same.
	edited, did, err := k.edit(h, random)
	if err != nil || !did {
		return Attempt{}, err
	}
	attempt := Attempt{Edited: edited}
	read, err := history.Read(bytes.NewReader(edited))
	if err != nil {
		attempt.Refusal, attempt.Outcome = err, string(Refused)
	} else if attempt.Verdict, err = invariant.Judge(read); err != nil {
		return attempt, err
	} else {
		attempt.Outcome = string(attempt.Verdict.Outcome)
	}
	attempt.Wrong = k.wrong(attempt)
	return attempt, nil
}

// edit makes the edited file; did is false where there is nothing to edit.
func (k Kind) edit(h *history.History, random *rand.Rand) (edited []byte, did bool, err error) {
	promised := func(g invariant.Guarantee) bool { return slices.Contains(h.Header.Expect.Promises, g.Name) }
	if len(k.Breaks) > 0 && !slices.ContainsFunc(k.Breaks, promised) {
		return nil, false, nil
	}
	if k.facts != nil {
		s := newScene(h, random)
		if !k.facts(s) {
			return nil, false, nil
		}
		h = s.History
	}
	var saved bytes.Buffer
	if err := h.Write(&saved); err != nil || k.file == nil {
		return saved.Bytes(), true, err
	}
	t := newText(saved.Bytes(), random)
	did = k.file(t) && !bytes.Equal(t.content, saved.Bytes())
	return t.content, did, nil
}

// wrong compares what came of an edit with what must.
func (k Kind) wrong(a Attempt) error {
	held, broken := a.Outcome == string(invariant.Held), a.Outcome == string(invariant.Broken)
	refused := a.Outcome == string(Refused)
	var right bool
	switch k.Must {
	case NotHeld:
		right = !held && !refused
	case NotBroken:
		right = !broken && !refused
	default:
		right = a.Outcome == string(k.Must)
	}
	if !right {
		return fmt.Errorf("expected %q, got %q", k.Must, a.Outcome)
	}
	if k.Must != Broken {
		return nil
	}
	var missed []string
	for _, g := range k.Breaks {
		if result := a.Verdict.Result(g); result.Promised && result.Outcome != invariant.Broken {
			missed = append(missed, g.Name)
		}
	}
	if len(missed) > 0 {
		return fmt.Errorf("expected %s to be broken, only others are", strings.Join(missed, " and "))
	}
	return nil
}

// Explain tells what was said of the edited history, in lines.
func (a Attempt) Explain() []string {
	if a.Refusal != nil {
		return []string{a.Refusal.Error()}
	}
	said := slices.Clone(a.Verdict.Assumptions)
	for _, result := range a.Verdict.Results {
		if !result.Promised || result.Outcome == invariant.Held {
			continue
		}
		said = append(said, result.Guarantee.Name+": "+string(result.Outcome))
		for _, breach := range result.Breaches {
			said = append(said, "  "+breach.String())
		}
	}
	return said
}
