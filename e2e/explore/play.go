package explore

import (
	"context"
	"fmt"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Played is what became of the steps of a schedule.
type Played struct {
	// Missed says of steps, by number from 0, why they were not taken: whom they are about was not there, or what they wait for did
	// not come.
	Missed map[int]string
}

// Scenario is the schedule as something to run. What becomes of the steps is noted.
func (s Schedule) Scenario(played *Played) scenario.Scenario {
	played.Missed = map[int]string{}
	made := scenario.Scenario{
		Name: "explored", Why: "It was drawn.",
		Replicas: s.Replicas, ReleaseOnCancel: s.Release,
		Drain:    func(subject.Timings) time.Duration { return s.Drain },
		Graceful: func(subject.Timings) time.Duration { return s.Graceful },
		Timings:  func(scenario.Profile) []subject.Timings { return s.timings() },
		Drawn:    true, MayLose: true,
		Promises: s.guarantees(), Blocks: s.blocks,
		Steps: func(ctx context.Context, run *scenario.Run) {
			p := &player{Schedule: s, run: run, played: played, scene: newScene(), targets: map[int]string{}}
			p.play(ctx)
		},
	}
	for _, step := range s.Steps {
		made.Faults = append(made.Faults, step.Do.Fault(step, ""))
	}
	return made
}

// Profile is what the schedule is run with.
func (s Schedule) Profile() scenario.Profile {
	return scenario.Profile{Name: s.Timings.String(), Timings: subject.Timings(s.Timings), ActPeriod: s.Act}
}

// timings are those that the replicas come to have, in order.
func (s Schedule) timings() []subject.Timings {
	list := []subject.Timings{subject.Timings(s.Timings)}
	for _, step := range s.Steps {
		if step.Timings != nil {
			list = append(list, subject.Timings(*step.Timings))
		}
	}
	return list
}

// player takes the steps, one after the other; what lasts is healed meanwhile.
type player struct {
	Schedule
	run    *scenario.Run
	played *Played
	scene  *scene
	// targets are whom the steps were done to.
	targets map[int]string
	lasting []lasting
	rollout []*scenario.Injection
	// patience is until when it is worth while to wait for what has begun; the run waits again when it comes to rest.
	patience time.Time
}

// lasting is a fault that is to be healed at a moment.
type lasting struct {
	*scenario.Injection
	until time.Time
}

func (p *player) play(ctx context.Context) {
	for n, step := range p.Steps {
		p.patience = time.Now().Add(time.Hour)
		if why := p.step(ctx, n, step); why != "" {
			p.played.Missed[n] = why
		}
	}
	p.patience = time.Now().Add(p.run.Patience())
	for len(p.lasting) > 0 {
		p.listen(ctx, p.due(), func(string) bool { return false })
	}
}

// step takes one step, or says why it was not taken.
func (p *player) step(ctx context.Context, n int, step Step) (missed string) {
	if !step.After.IsZero() && !p.await(ctx, step.After) {
		missed = fmt.Sprintf("expected %s, and there was none within %v", step.After, p.run.Patience())
	}
	if step.Plus > 0 {
		until := time.Now().Add(step.Plus)
		for time.Now().Before(until) {
			p.listen(ctx, until, func(string) bool { return false })
		}
	}
	if missed != "" {
		return missed
	}
	p.catchUp()
	at := fmt.Sprintf("%s (step %d)", thief, n+1)
	if step.Whom != "" {
		var there bool
		if at, there = p.whom(step.Whom); !there {
			return fmt.Sprintf("expected %s to be there, it was not", step.Whom)
		}
		if _, alive := p.scene.alive[at]; kinds[step.Do].runs && !alive {
			return fmt.Sprintf("expected %s (%s) to run, it did not", step.Whom, at)
		}
		p.targets[n] = at
	}
	if step.Do == Scale && p.scene.launched < p.Replicas {
		return fmt.Sprintf("expected %d replicas to be launched before their number changes, %d were", p.Replicas, p.scene.launched)
	}
	if step.Do == RollOut {
		timings := p.Timings
		if step.Timings != nil {
			timings = *step.Timings
		}
		p.rollout = append(p.rollout, p.run.TryRollout(ctx, subject.Timings(timings), p.mayLast(n)))
		return ""
	}
	injection, err := p.run.Try(ctx, step.Do.Fault(step, at))
	if err != nil {
		return err.Error()
	}
	switch {
	case step.Do == Scale:
		// It is over when there are so many: who goes may have work that takes its time to stop.
		p.lasting = append(p.lasting, lasting{injection, time.Now().Add(p.Drain + soon)})
	case step.For > 0:
		p.lasting = append(p.lasting, lasting{injection, time.Now().Add(step.For)})
	}
	return ""
}

// mayLast is how long the steps behind one may take at most, and what lasts with them: each waits for what need not come.
func (p *player) mayLast(after int) (length time.Duration) {
	for n, step := range p.Steps {
		length += step.For
		if n > after {
			length += p.run.Patience() + step.Plus
		}
	}
	return length
}

// soon is when a replica that was started, or told to stop, is there or gone, as a rule.
const soon = 5 * time.Second

// whom finds the replica that is meant.
func (p *player) whom(whom string) (string, bool) {
	switch whom {
	case Leader:
		leader, there := p.scene.leader()
		return leader.Replica, there
	case Standby:
		return p.scene.standby()
	}
	if other := earlierStep(whom); other > 0 {
		at, known := p.targets[other-1]
		return at, known
	}
	return whom, true
}

// await waits for an event, as long as it may take; false, if it did not come.
func (p *player) await(ctx context.Context, event Event) bool {
	until := time.Now().Add(p.run.Patience())
	missing := event.Nth
	for time.Now().Before(until) {
		if p.listen(ctx, until, func(happened string) bool {
			if happened == event.Kind {
				missing--
			}
			return missing == 0
		}) {
			return true
		}
	}
	return false
}

// listen waits until enough has happened, which is true, or for a moment, or until something is to be healed, and has been.
func (p *player) listen(ctx context.Context, until time.Time, enough func(event string) bool) bool {
	due := p.due()
	if due.IsZero() || due.After(until) {
		due = until
	}
	over := false
	heard := p.run.Listen(ctx, p.scene.seen, time.Until(due), func(f history.Fact) bool {
		return enough(p.scene.see(f)) || p.endsRollout(f, &over)
	}) && !over
	p.heal(ctx)
	return heard
}

// endsRollout says whether a rollout may be over, so that it is healed.
func (p *player) endsRollout(f history.Fact, over *bool) bool {
	*over = f.Kind == history.Started && len(p.rollout) > 0
	return *over
}

// catchUp takes the facts that nobody has waited for.
func (p *player) catchUp() {
	for _, f := range p.run.Facts()[p.scene.seen:] {
		p.scene.see(f)
	}
}

// due is when the next fault is to be healed; zero, if none is.
func (p *player) due() (next time.Time) {
	for _, l := range p.lasting {
		if next.IsZero() || l.until.Before(next) {
			next = l.until
		}
	}
	return next
}

// heal heals what is due.
func (p *player) heal(ctx context.Context) {
	now := time.Now()
	rest := p.lasting[:0]
	for _, l := range p.lasting {
		if l.until.After(now) {
			rest = append(rest, l)
			continue
		}
		if _, many := l.Fault().(fault.Scaled); !many {
			l.Heal(ctx)
		} else if !l.TryHeal(ctx, time.Millisecond) && now.Before(p.patience) {
			rest = append(rest, lasting{l.Injection, now.Add(soon)})
		}
	}
	p.lasting = rest
	var going []*scenario.Injection
	for _, rollout := range p.rollout {
		if !rollout.Over() {
			going = append(going, rollout)
			continue
		}
		rollout.Heal(ctx)
	}
	p.rollout = going
}
