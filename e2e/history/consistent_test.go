package history_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
)

// find is the first fact of a kind, and its line.
func find(h *history.History, kind history.Kind) (fact *history.Fact, line int) {
	for i := range h.Facts {
		if h.Facts[i].Kind == kind {
			return &h.Facts[i], i + 2
		}
	}
	panic(fmt.Sprintf("no %s fact in the sample", kind))
}

// insert puts facts in front of a line.
func insert(h *history.History, line int, facts ...history.Fact) {
	h.Facts = slices.Insert(h.Facts, line-2, facts...)
}

// stepped has the clock set, between the first fact and the second.
func stepped(h *history.History) {
	insert(h, 3, history.Fact{Time: at(0.05), Kind: history.Stepped, By: &metav1.Duration{Duration: -time.Hour}})
}

// dated changes the time of the first fact of a kind.
func dated(kind history.Kind, seconds float64) func(*history.History) {
	return func(h *history.History) {
		fact, _ := find(h, kind)
		fact.Time = at(seconds)
	}
}

// version adds a version of the Lease behind the first one, which is 7.
func version(resourceVersion string) func(*history.History) {
	return func(h *history.History) {
		lease, line := find(h, history.LeaseSeen)
		next := *lease
		changed := *lease.Lease
		changed.ResourceVersion = resourceVersion
		next.Lease = &changed
		insert(h, line+1, next)
	}
}

// first gives the first version of the Lease another number, before something else.
func first(resourceVersion string, then func(*history.History)) func(*history.History) {
	return func(h *history.History) {
		then(h)
		lease, _ := find(h, history.LeaseSeen)
		changed := *lease.Lease
		changed.ResourceVersion = resourceVersion
		lease.Lease = &changed
	}
}

// launched adds launches of a replica behind the first one, which is a's first.
func launched(replica string, starts ...int) func(*history.History) {
	return func(h *history.History) {
		_, line := find(h, history.Launched)
		for i, start := range starts {
			insert(h, line+1+i, history.Fact{Time: at(0.1), Kind: history.Launched, Source: history.Source{Replica: replica, Start: start}})
		}
	}
}

func onWrite(change func(*history.Write)) func(*history.History) {
	return func(h *history.History) {
		fact, _ := find(h, history.Wrote)
		change(fact.Write)
	}
}

func onLease(change func(*history.Lease)) func(*history.History) {
	return func(h *history.History) {
		fact, _ := find(h, history.LeaseSeen)
		changed := *fact.Lease
		change(&changed)
		fact.Lease = &changed
	}
}

func onFault(kind history.Kind, change func(*history.Fault)) func(*history.History) {
	return func(h *history.History) {
		fact, _ := find(h, kind)
		change(fact.Fault)
	}
}

func exit(code int) func(*history.History) {
	return func(h *history.History) {
		fact, _ := find(h, history.Exited)
		fact.Exit.Code = code
	}
}

func term(kind history.Kind, term int64) func(*history.History) {
	return func(h *history.History) {
		fact, _ := find(h, kind)
		fact.Term = &term
	}
}

func all(changes ...func(*history.History)) func(*history.History) {
	return func(h *history.History) {
		for _, change := range changes {
			change(h)
		}
	}
}

func completed(seconds float64) func(*history.History) {
	return onWrite(func(w *history.Write) { w.Completed = new(at(seconds)) })
}

// What cannot have been, although each line can be read and the checksum is right.
func TestWhatCannotHaveBeenIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*history.History)
		line   int
		says   string
	}{
		"an end before the beginning":       {dated(history.Ended, -0.001), 22, "expected the end after the run began, at 2026-11-22T13:00:00Z, got 2026-11-22T12:59:59.999Z"},
		"an end before the deployment":      {all(dated(history.Deployed, 1.5), dated(history.Ended, 1)), 2, "expected the replicas to be deployed before the end"},
		"a fact before the beginning":       {dated(history.Launched, -1.002), 3, "expected the launched fact after the run began, at 2026-11-22T13:00:00Z, got 2026-11-22T12:59:58.998Z"},
		"a fact after the end":              {dated(history.Retired, 13.002), 17, "expected the retired fact before the end, at 2026-11-22T13:00:12Z, got 2026-11-22T13:00:13.002Z"},
		"replicas that do not match":        {func(h *history.History) { h.Header.Replicas = 5 }, 2, "expected the 5 replicas of the header in the deployed fact, got 3"},
		"replicas below zero":               {func(h *history.History) { h.Facts[0].Replicas = -3 }, 2, "expected no negative number of replicas in the deployed fact, got -3"},
		"a start below zero":                {func(h *history.History) { h.Facts[0].Start = -1 }, 2, "expected a start from 1, or none, in the deployed fact, got -1"},
		"a term below zero":                 {term(history.Acted, -1), 7, "expected a term from 0 in the acted fact, got -1"},
		"a stamp's term below zero":         {term(history.Stamped, -1), 10, "expected a term from 0 in the stamped fact, got -1"},
		"transitions below zero":            {onLease(func(l *history.Lease) { l.Transitions = -1 }), 5, "expected transitions from 0 in the lease fact's lease, got -1"},
		"a lease duration below zero":       {onLease(func(l *history.Lease) { l.DurationSeconds = -15 }), 5, "expected a lease duration from 0 in the lease fact, got -15 s"},
		"touched below zero":                {onFault(history.Evidence, func(f *history.Fault) { f.Touched = -1 }), 21, "expected no negative counts in the evidence fact, got touched -1, passed 3"},
		"passed below zero":                 {onFault(history.Evidence, func(f *history.Fault) { f.Passed = -1 }), 21, "expected no negative counts in the evidence fact, got touched 12, passed -1"},
		"a delay below zero":                {onFault(history.Injected, func(f *history.Fault) { f.Delay.Duration = -1 }), 12, "expected no negative delay in the injected fact"},
		"an exit code that there is not":    {exit(256), 16, "expected an exit code from -1 to 255 in the exited fact, got 256"},
		"an exit code below a signal's":     {exit(-2), 16, "expected an exit code from -1 to 255 in the exited fact, got -2"},
		"an answer's code that is too low":  {onWrite(func(w *history.Write) { w.Code = 99 }), 11, "expected the code of an answer (100 to 599), or 0 for no answer, in the wrote fact, got 99"},
		"an answer's code below zero":       {onWrite(func(w *history.Write) { w.Code = -200 }), 11, "got -200"},
		"an answer's code that is too high": {onWrite(func(w *history.Write) { w.Code = 600 }), 11, "got 600"},
		"an answer before its request":      {completed(2.5009), 11, "expected the write to be completed after it was received, at 2026-11-22T13:00:02.501Z, got 2026-11-22T13:00:02.5009Z"},
		"a heal of nothing":                 {onFault(history.Healed, func(f *history.Fault) { f.ID = 2 }), 13, "expected the fault 2 of the healed fact to be injected, it never was"},
		"evidence of nothing":               {onFault(history.Evidence, func(f *history.Fault) { f.ID = 2 }), 21, "expected the fault 2 of the evidence fact to be injected, it never was"},
		"a heal before its injection":       {swapped(history.Injected, history.Healed), 12, "expected the healed fact after the injection of its fault 1, which is in line 13"},
		"evidence before its injection":     {swapped(history.Injected, history.Evidence), 12, "expected the evidence fact after the injection of its fault 1, which is in line 21"},
		"a fault injected twice":            {twice(history.Injected), 13, "expected a fault with an id of its own in the injected fact, got 1, as in line 12"},
		"a life that is launched twice":     {launched("a", 1), 4, "expected a start of a above 1 in the launched fact, got 1"},
		"starts that go back":               {launched("a", 3, 2), 5, "expected a start of a above 3 in the launched fact, got 2"},
		"a version of the Lease goes back":  {version("6"), 6, "expected a resourceVersion of the Lease that is not below 7, of line 5, got 6"},
		"a version goes back by a digit":    {first("10", version("9")), 6, "not below 10, of line 5, got 9"},
		"a version beyond 64 bits back":     {first("36893488147419103232", version("36893488147419103231")), 6, "got 36893488147419103231"},
	} {
		t.Run(name, func(t *testing.T) {
			h := sample()
			c.change(h)
			lines := saved(t, h)
			refused(t, strings.Join(lines, ""), fmt.Sprintf("line %d: ", c.line), c.says)
			refused(t, strings.Join(older(t, lines), ""), fmt.Sprintf("line %d: ", c.line), c.says)
		})
	}
}

// swapped has two facts stand in each other's place, with their times.
func swapped(a, b history.Kind) func(*history.History) {
	return func(h *history.History) {
		one, _ := find(h, a)
		other, _ := find(h, b)
		*one, *other = *other, *one
	}
}

func twice(kind history.Kind) func(*history.History) {
	return func(h *history.History) {
		fact, line := find(h, kind)
		insert(h, line, *fact)
	}
}

func TestWhatCanHaveBeenIsLoaded(t *testing.T) {
	for name, change := range map[string]func(*history.History){
		"an end at the beginning":               func(h *history.History) { h.Facts = []history.Fact{{Time: at(0), Kind: history.Ended}} },
		"a fact a second before the beginning":  dated(history.Launched, -1),
		"a fact a second after the end":         dated(history.Retired, 13),
		"clocks that differ add to that second": all(func(h *history.History) { h.Header.Cluster.ClockUncertainty.Duration = 2 * time.Second }, dated(history.Launched, -3), dated(history.Retired, 15)),
		"an allowance of a minute":              func(h *history.History) { h.Header.Cluster.Allowance.Duration = time.Minute },
		"a drain of ten minutes":                func(h *history.History) { h.Header.Drain.Duration = 10 * time.Minute },
		"a deployment that names no number":     func(h *history.History) { h.Facts[0].Replicas = 0 },
		"another number of replicas, deployed":  func(h *history.History) { h.Header.Replicas, h.Facts[0].Replicas = 1, 1 },
		"the first term":                        term(history.Acted, 0),
		"a Lease without a duration":            onLease(func(l *history.Lease) { l.DurationSeconds, l.Transitions = 0, 0 }),
		"an exit by a signal":                   exit(-1),
		"the highest exit code":                 exit(255),
		"no answer":                             onWrite(func(w *history.Write) { w.Code, w.Completed = 0, nil }),
		"the lowest code of an answer":          onWrite(func(w *history.Write) { w.Code = 100 }),
		"the highest code of an answer":         onWrite(func(w *history.Write) { w.Code = 599 }),
		"an answer at once":                     completed(2.501),
		"nothing touched":                       onFault(history.Evidence, func(f *history.Fault) { f.Touched, f.Passed = 0, 0 }),
		"a fault that was never healed":         func(h *history.History) { drop(h, history.Healed); drop(h, history.Evidence) },
		"starts of two replicas":                launched("b", 1, 2, 5),
		"the version of the Lease again":        version("7"),
		"a higher version":                      version("8"),
		"a higher version, by a digit":          first("9", version("10")),
		"a version with a leading zero":         first("07", version("7")),
		"a version that is no number":           version("6a"),
		"a version behind one that is none":     first("seven", version("6")),
		"a version beyond 64 bits":              first("36893488147419103231", version("36893488147419103232")),
		"a write that asks for nonsense": func(h *history.History) {
			wrote, _ := find(h, history.Wrote)
			wrote.Lease, wrote.Term = &history.Lease{DurationSeconds: -1, Transitions: -1}, new(int64(-1))
		},
		// The record of writes has an order of its own.
		"a write of an earlier version": func(h *history.History) {
			wrote, _ := find(h, history.Wrote)
			early := *wrote.Lease
			early.ResourceVersion = "3"
			wrote.Lease = &early
		},
		// Where the clock was set, what came first may be dated later and stand later.
		"the clock set, and an end before the beginning":  all(stepped, dated(history.Ended, -100)),
		"the clock set, and facts long before and after":  all(stepped, dated(history.Launched, -100), dated(history.Retired, 100)),
		"the clock set, and a heal before its injection":  all(swapped(history.Injected, history.Healed), stepped),
		"the clock set, and lives in another order":       all(launched("a", 3, 2), stepped),
		"the clock set, and an answer before its request": all(completed(2), stepped),
	} {
		t.Run(name, func(t *testing.T) {
			h := sample()
			change(h)
			lines := saved(t, h)
			for _, content := range []string{strings.Join(lines, ""), strings.Join(older(t, lines), "")} {
				_, err := history.Read(strings.NewReader(content))
				NewWithT(t).Expect(err).NotTo(HaveOccurred())
			}
		})
	}
}

func drop(h *history.History, kind history.Kind) {
	h.Facts = slices.DeleteFunc(h.Facts, func(f history.Fact) bool { return f.Kind == kind })
}

// A clock that is set changes neither what was injected nor the order in which a watch tells of the Lease.
func TestASetClockDoesNotExcuseEverything(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*history.History)
		says   string
	}{
		"a heal of nothing":                {onFault(history.Healed, func(f *history.Fault) { f.ID = 2 }), "it never was"},
		"a fault injected twice":           {twice(history.Injected), "an id of its own"},
		"a version of the Lease goes back": {version("6"), "not below 7"},
		"replicas that do not match":       {func(h *history.History) { h.Header.Replicas = 5 }, "expected the 5 replicas"},
	} {
		t.Run(name, func(t *testing.T) {
			h := sample()
			c.change(h)
			stepped(h)
			refused(t, strings.Join(saved(t, h), ""), c.says)
		})
	}
}

// In version 1 only the text said how many replicas were deployed.
func TestTheTextOfAnOldDeploymentIsCompared(t *testing.T) {
	h := sample()
	h.Facts[0].Replicas, h.Facts[0].Text = 0, "5 replicas"
	refused(t, strings.Join(older(t, saved(t, h)), ""), "line 2: expected the 3 replicas of the header in the deployed fact, got 5")
}
