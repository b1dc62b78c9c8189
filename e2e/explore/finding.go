package explore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Finding is something that runs have shown.
type Finding struct {
	// Sign is what they show: how a promise was broken, or why there is no verdict; the name of a known bug, if it is Known.
	Sign  string
	Known bool
	// Count is how many of the runs that were drawn show it, the first of them being run First, from 0.
	Count, First int
	// Drawn is how it was found, and Shrunk what that was cut down to.
	Drawn  Schedule
	Shrunk Shrunk
}

// Story is what was done, in short: by it findings are told apart.
func (f *Finding) Story() string { return f.Shrunk.Schedule.Story() }

// Story is what a schedule does, in short: what, and to whom.
func (s Schedule) Story() string {
	var parts []string
	for _, step := range s.Steps {
		part := string(step.Do)
		if step.Whom != "" {
			part += " " + step.Whom
		}
		parts = append(parts, part)
	}
	text := strings.Join(parts, ", then ")
	if len(parts) == 0 {
		text = "nothing is done"
	}
	if s.Release {
		text += "; with release"
	}
	if s.Drain > 0 {
		text += "; with work that takes its time"
	}
	return text
}

// Words are the schedule as people tell it.
func (s Schedule) Words() (lines []string) {
	settings := fmt.Sprintf("%d replicas, timings %v", s.Replicas, s.Timings)
	if s.Release {
		settings += ", release on cancel"
	}
	if s.Drain > 0 {
		settings += fmt.Sprintf(", work that takes %v to stop", s.Drain)
	}
	if s.Graceful > 0 {
		settings += fmt.Sprintf(", a manager that waits %v for it", s.Graceful)
	}
	if len(s.Links) > 0 {
		settings += ", links that take time"
	}
	if len(s.Clocks) > 0 {
		settings += ", clocks that are fast or slow"
	}
	lines = append(lines, settings)
	for n, step := range s.Steps {
		lines = append(lines, fmt.Sprintf("%d. %s", n+1, step))
	}
	return lines
}

// sorter tells findings apart, and has them cut down.
type sorter struct {
	ctx      context.Context //nolint:containedctx // It is the search's.
	explorer *explorer
	running  sync.WaitGroup

	mu  sync.Mutex
	all []*Finding
	// runs is how many runs cutting down has taken.
	runs int
}

func newSorter(ctx context.Context, e *explorer) *sorter { return &sorter{ctx: ctx, explorer: e} }

// mostShrinking is how many runs it may take to cut one schedule down. One that crashes its program takes a start each.
const mostShrinking, mostShrinkingCrash = 600, 60

// add takes a run.
func (s *sorter) add(d drawn) {
	signs := d.report.Signs()
	if len(signs) > 0 {
		s.note(signs[0], false, d)
	}
	for _, name := range d.report.KnownBugs() {
		s.note(name, true, d)
	}
}

func (s *sorter) note(sign string, known bool, d drawn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.all {
		if f.Sign == sign {
			f.Count++
			return
		}
	}
	f := &Finding{Sign: sign, Known: known, Count: 1, First: s.explorer.found.Runs - 1, Drawn: d.schedule, Shrunk: Shrunk{Schedule: d.schedule, Report: d.report}}
	s.all = append(s.all, f)
	if s.explorer.Uncut {
		return
	}
	s.running.Go(func() {
		shrinking := Shrinking{Sign: sign, Most: mostShrinking, Run: func(schedule Schedule) (Report, bool) {
			return s.explorer.runner.Run(s.ctx, schedule)
		}}
		if d.report.Crash != "" {
			shrinking.Most = mostShrinkingCrash
		}
		shrunk := shrinking.Shrink(d.schedule, d.report)
		s.mu.Lock()
		defer s.mu.Unlock()
		f.Shrunk = shrunk
		s.runs += shrunk.Tries
	})
}

func (s *sorter) wait() {
	s.running.Wait()
	s.explorer.found.Shrinking = s.runs
}

func (s *sorter) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}

func (s *sorter) unknown() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.all {
		if !f.Known {
			n++
		}
	}
	return n
}

// findings are what there is: of those with the same guarantee and the same story, one. The unknown ones come first, and then what
// shows most often.
func (s *sorter) findings() []*Finding {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*Finding
	for _, f := range s.all {
		same := slices.IndexFunc(list, func(other *Finding) bool {
			return !f.Known && !other.Known && guaranteeOf(other.Sign) == guaranteeOf(f.Sign) && other.Story() == f.Story()
		})
		if same < 0 {
			list = append(list, f)
			continue
		}
		list[same].Count += f.Count
	}
	slices.SortStableFunc(list, func(a, b *Finding) int {
		switch {
		case a.Known != b.Known && a.Known:
			return 1
		case a.Known != b.Known:
			return -1
		}
		return b.Count - a.Count
	})
	return list
}

func guaranteeOf(sign string) string {
	name, _, _ := strings.Cut(sign, ":")
	return name
}
