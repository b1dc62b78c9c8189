package timeline

import (
	"fmt"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/report"
)

// answer says what most people want to know.
func (b *builder) answer() {
	held, promised := counts(b.verdict)
	switch b.Outcome {
	case invariant.Held:
		b.Headline = fmt.Sprintf("Held: all %d promises were kept.", promised)
	case invariant.Broken:
		b.Headline = fmt.Sprintf("Broken: %d of %d promises were not kept.", promised-held, promised)
	default:
		b.Headline = "Inconclusive: nobody can say whether the promises were kept. That is not a pass."
		plain := b.plain()
		for _, reason := range report.Reasons(b.verdict) {
			b.Reasons = append(b.Reasons, plain(reason))
		}
	}
	ask := func(question, text string) { b.Answers = append(b.Answers, Answer{question, text}) }
	ask("Who led?", b.led())
	ask("Did two act at once?", b.overlapped())
	ask("How long did nobody act?", b.vacant())
	ask("Which faults, and when?", b.faulted())
	ask("Was work lost?", b.lost())
}

// most keeps a sentence readable.
func most(list []string, n int) string {
	if len(list) <= n {
		return strings.Join(list, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(list[:n], "; "), len(list)-n)
}

func (b *builder) led() string {
	type reign struct {
		history.Source
		term        int64
		first, last time.Duration
	}
	var reigns []*reign
	known := map[string]*reign{}
	for i := range b.facts {
		f := &b.facts[i]
		if !f.IsAct() {
			continue
		}
		k := fmt.Sprint(f.Source, *f.Term)
		if known[k] == nil {
			known[k] = &reign{Source: f.Source, term: *f.Term, first: b.since(f.Time)}
			reigns = append(reigns, known[k])
		}
		known[k].last = b.since(f.Time)
	}
	if len(reigns) == 0 {
		return "Nobody acted."
	}
	var list []string
	for _, r := range reigns {
		list = append(list, fmt.Sprintf("%s acted from %s to %s (term %d)", life(r.Source), seconds(r.first), seconds(r.last), r.term))
	}
	return most(list, 5)
}

func (b *builder) overlapped() string {
	var list []string
	for _, breach := range b.Breaches {
		if breach.Guarantee == invariant.AtMostOneActor.Name {
			list = append(list, fmt.Sprintf("%s, for %s", breach.Text, seconds(breach.By)))
		}
	}
	if len(list) == 0 {
		if b.verdict.Result(invariant.AtMostOneActor).Outcome == invariant.Inconclusive {
			return "Nobody can say: nobody acted."
		}
		return "No."
	}
	return "Yes: " + most(list, 4)
}

// vacant is the longest time in which nobody acted, wherever in the run it was.
func (b *builder) vacant() string {
	var last, from, to time.Duration
	acts := 0
	for i := range b.facts {
		f := &b.facts[i]
		if !f.IsAct() && f.Kind != history.Ended {
			continue
		}
		now := b.since(f.Time)
		if now-last > to-from {
			from, to = last, now
		}
		last = now
		if f.IsAct() {
			acts++
		}
	}
	text := "Nobody ever acted."
	if acts > 0 {
		until := seconds(to)
		if to == b.end {
			until = "the end"
		}
		text = fmt.Sprintf("For %s at the longest, from %s to %s.", seconds(to-from), seconds(from), until)
	}
	for _, bracket := range b.Brackets {
		text += " " + strings.ToUpper(bracket.Words[:1]) + bracket.Words[1:] + "."
	}
	return text
}

func (b *builder) faulted() string {
	var list []string
	for _, d := range b.disturbances() {
		when := "at " + seconds(d.from)
		switch {
		case d.healed != nil:
			when = fmt.Sprintf("from %s to %s", seconds(d.from), seconds(d.to))
		case d.injected.Fault.Healable:
			when = fmt.Sprintf("from %s to the end", seconds(d.from))
		}
		list = append(list, fmt.Sprintf("#%d %s: %s (on %s)", d.injected.Fault.ID, when, d.injected.Fault.Name, d.target()))
	}
	if len(list) == 0 {
		return "None."
	}
	return most(list, 5)
}

func (b *builder) lost() string {
	all := b.items()
	if len(all) == 0 {
		return "No work was made in this run."
	}
	var missing []string
	for _, w := range all {
		if !w.processed {
			missing = append(missing, w.name)
		}
	}
	if len(missing) == 0 && len(all) == 1 {
		return "No: the one item that was made was processed."
	}
	if len(missing) == 0 {
		return fmt.Sprintf("No: all of the %d items that were made were processed.", len(all))
	}
	return fmt.Sprintf("Yes: %d of %d items that were made were never processed: %s.", len(missing), len(all), most(missing, 8))
}
