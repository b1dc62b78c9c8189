package explore

import (
	"fmt"
	"go/format"
	"strings"
	"time"
)

// Go is the schedule as a scenario of the catalogue, as it would be written there. It is where to begin: a scenario has a name and a
// reason, and its moments are events.
func (s Schedule) Go(name string) (string, error) {
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	line("package scenario\n")
	line("var found = Scenario{")
	line("Name: %q,", name)
	line("Why: %q,", "Say in a sentence what it is about.")
	if s.Replicas != 3 {
		line("Replicas: %d,", s.Replicas)
	}
	if s.Release {
		line("ReleaseOnCancel: true,")
	}
	if s.Drain > 0 {
		line("Drain: func(subject.Timings) time.Duration { return %s },", duration(s.Drain))
	}
	if s.Graceful > 0 {
		line("Graceful: func(subject.Timings) time.Duration { return %s },", duration(s.Graceful))
	}
	line("// A known bug has a profile; a scenario of the catalogue is run at all of them.")
	line("At: func(p Profile) Profile { return p.named(%s) },", timings(s.Timings))
	var more []string
	seen := map[string]bool{}
	var kinds []string
	for _, step := range s.Steps {
		if step.Timings != nil {
			more = append(more, timings(*step.Timings))
		}
		if kind := fmt.Sprintf("%T{}", step.Do.Fault(step, "")); !seen[kind] {
			seen[kind] = true
			kinds = append(kinds, kind)
		}
	}
	if len(more) > 0 {
		line("Timings: func(p Profile) []subject.Timings { return []subject.Timings{p.Timings, %s} },", strings.Join(more, ", "))
	}
	line("Faults: []fault.Fault{%s},", strings.Join(kinds, ", "))
	var promised []string
	for _, p := range s.Promised() {
		promised = append(promised, "invariant."+p.Name)
	}
	line("Promises: also(%s),", strings.Join(promised, ", "))
	line("MayLose: true,")
	line("Steps: func(ctx context.Context, run *Run) {")
	line("leader := run.AwaitLeader(ctx)")
	s.goSteps(line)
	line("},\n}")
	formatted, err := format.Source([]byte(text.String()))
	if err != nil {
		return "", fmt.Errorf("writing a schedule as Go: %w", err)
	}
	_, body, _ := strings.Cut(string(formatted), "\n\n")
	return body, nil
}

func (s Schedule) goSteps(line func(string, ...any)) {
	// due are the heals that are still to come.
	var due []string
	for n, step := range s.Steps {
		switch step.After.Kind {
		case "":
		case Renewal:
			line("run.Rest(ctx, %d)", max(step.After.Nth, 1))
		case Acquisition:
			line("run.AwaitHolder(ctx)")
		case Election:
			line("run.AwaitRivalOf(ctx, leader)")
		case Exit:
			line("run.AwaitExit(ctx, leader)")
		case Start:
			line("run.AwaitReturn(ctx, leader)")
		default:
			line("// Here it waits for: %s.", step.After)
		}
		if step.Plus > 0 {
			line("run.hold(ctx, %q, %s)", "everything", duration(step.Plus))
		}
		at := fmt.Sprintf("%q", thief)
		switch {
		case step.Whom == Leader:
			at = "leader.Replica"
		case step.Whom == Standby:
			at = "run.Standbys(leader)[0].Replica"
		case earlierStep(step.Whom) > 0:
			at = "leader.Replica" // Of the first that was hit, as a rule.
		case step.Whom != "":
			at = fmt.Sprintf("%q", step.Whom)
		}
		if step.Do == RollOut {
			with := "run.Profile.Timings"
			if step.Timings != nil {
				with = timings(*step.Timings)
			}
			line("run.Rollout(ctx, %s)", with)
			continue
		}
		f := step.Do.Fault(step, "AT")
		made := strings.ReplaceAll(fmt.Sprintf("%#v", f), `"AT"`, at)
		if !f.Healable() {
			line("run.Inject(ctx, %s)", made)
			continue
		}
		line("step%d := run.Inject(ctx, %s)", n+1, made)
		if step.For == 0 {
			due = append(due, fmt.Sprintf("step%d.Heal(ctx)", n+1))
			continue
		}
		if n == len(s.Steps)-1 {
			line("run.hold(ctx, %q, %s)", "the fault", duration(step.For))
			line("step%d.Heal(ctx)", n+1)
			continue
		}
		due = append(due, fmt.Sprintf("step%d.Heal(ctx) // %v after it began", n+1, step.For))
	}
	for _, heal := range due {
		line("%s", heal)
	}
}

func timings(t Timings) string {
	return fmt.Sprintf("subject.Timings{LeaseDuration: %s, RenewDeadline: %s, RetryPeriod: %s}",
		duration(t.LeaseDuration), duration(t.RenewDeadline), duration(t.RetryPeriod))
}

// duration is a length as Go has it.
func duration(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{time.Minute, "Minute"}, {time.Second, "Second"}, {time.Millisecond, "Millisecond"}, {time.Microsecond, "Microsecond"}} {
		if d%unit.of == 0 {
			return fmt.Sprintf("%d*time.%s", d/unit.of, unit.name)
		}
	}
	return fmt.Sprintf("%d*time.Nanosecond", d)
}
