package explore

import (
	"slices"

	"github.com/interregnum/interregnum/e2e/fault"
)

// Kind is what a step does, as a schedule's file has it.
type Kind string

// The kinds of steps.
const (
	Stop              Kind = "stop"
	Kill              Kind = "kill"
	Pause             Kind = "pause"
	Partition         Kind = "partition"
	DeadConnections   Kind = "dead-connections"
	Stall             Kind = "stall"
	Hold              Kind = "hold"
	DelayAnswer       Kind = "delay-answer"
	Refuse            Kind = "refuse"
	RefuseLeaseWrites Kind = "refuse-lease-writes"
	DeleteLease       Kind = "delete-lease"
	StealLease        Kind = "steal-lease"
	ForbidLeases      Kind = "forbid-leases"
	APIServerAway     Kind = "api-server-away"
	APIServerHangs    Kind = "api-server-hangs"
	APIServerSlow     Kind = "api-server-slow"
	RollOut           Kind = "roll-out"
	Scale             Kind = "scale"
)

// The names of the fields that only some kinds have.
const (
	fieldFor, fieldLost, fieldOf, fieldOnly, fieldEach, fieldCode = "for", "lost", "of", "only", "each", "code"
	fieldLatency, fieldLease, fieldTo, fieldTimings, fieldWhom    = "latency", "lease", "to", "timings", "whom"
)

// thief takes Leases; each is another.
const thief = "a stranger"

// trait is what is known of a kind.
type trait struct {
	// fault is what is injected; at is the replica, or who the thief is.
	fault func(s Step, at string) fault.Fault
	// fields are those that it needs, and may those that it may have besides, of those that only some have.
	needs, may []string
	// runs: whom it is done to must run.
	runs bool
}

func selection(s Step, at string) fault.Selection {
	return fault.Selection{Replica: at, Of: purposes[s.Of], Only: s.Only}
}

// What requests a step means, and what a partition loses.
var (
	purposes = map[string]fault.Purpose{"lease": fault.LeaseWrites, "work": fault.WorkWrites}
	losses   = map[string]fault.Lost{"everything": fault.Everything, "requests": fault.Requests, "answers": fault.Answers}
)

var kinds = map[Kind]trait{
	Stop:  {fault: func(_ Step, at string) fault.Fault { return fault.Stop{Replica: at} }, needs: []string{fieldWhom}, runs: true},
	Kill:  {fault: func(_ Step, at string) fault.Fault { return fault.Kill{Replica: at} }, needs: []string{fieldWhom}, runs: true},
	Pause: {fault: func(_ Step, at string) fault.Fault { return fault.Pause{Replica: at} }, needs: []string{fieldWhom}, may: []string{fieldFor}, runs: true},
	Partition: {
		fault: func(s Step, at string) fault.Fault { return fault.Partition{Replica: at, Lost: losses[s.Lost]} },
		needs: []string{fieldWhom, fieldLost}, may: []string{fieldFor},
	},
	DeadConnections: {
		fault: func(_ Step, at string) fault.Fault { return fault.DeadConnections{Replica: at} },
		needs: []string{fieldWhom}, may: []string{fieldFor}, runs: true,
	},
	Stall: {
		fault: func(s Step, at string) fault.Fault { return fault.RequestStalled{Selection: selection(s, at)} },
		needs: []string{fieldWhom, fieldOf}, may: []string{fieldFor, fieldOnly},
	},
	Hold: {
		fault: func(s Step, at string) fault.Fault {
			return fault.RequestHeld{Selection: selection(s, at), For: s.Each}
		},
		needs: []string{fieldWhom, fieldOf}, may: []string{fieldFor, fieldOnly, fieldEach},
	},
	DelayAnswer: {
		fault: func(s Step, at string) fault.Fault {
			return fault.AnswerDelayed{Selection: selection(s, at), For: s.Each}
		},
		needs: []string{fieldWhom, fieldOf}, may: []string{fieldFor, fieldOnly, fieldEach},
	},
	Refuse: {
		fault: func(s Step, at string) fault.Fault {
			return fault.RequestRefused{Selection: selection(s, at), Code: s.Code}
		},
		needs: []string{fieldWhom, fieldOf, fieldCode}, may: []string{fieldFor, fieldOnly},
	},
	RefuseLeaseWrites: {
		fault: func(_ Step, at string) fault.Fault { return fault.LeaseWritesRefused{Replica: at} },
		needs: []string{fieldWhom}, may: []string{fieldFor},
	},
	DeleteLease:    {fault: func(Step, string) fault.Fault { return fault.LeaseDeleted{} }},
	StealLease:     {fault: func(s Step, by string) fault.Fault { return fault.LeaseStolen{By: by, For: s.Lease} }, needs: []string{fieldLease}},
	ForbidLeases:   {fault: func(Step, string) fault.Fault { return fault.LeaseForbidden{} }, may: []string{fieldFor}},
	APIServerAway:  {fault: func(Step, string) fault.Fault { return fault.APIServerAway{} }, may: []string{fieldFor}},
	APIServerHangs: {fault: func(Step, string) fault.Fault { return fault.APIServerHangs{} }, may: []string{fieldFor}},
	APIServerSlow: {
		fault: func(s Step, _ string) fault.Fault { return fault.APIServerSlow{Latency: s.Latency} },
		needs: []string{fieldLatency}, may: []string{fieldFor},
	},
	RollOut: {fault: func(Step, string) fault.Fault { return fault.Rollout{} }, may: []string{fieldTimings}},
	Scale:   {fault: func(s Step, _ string) fault.Fault { return fault.Scaled{To: s.To} }, needs: []string{fieldTo}},
}

// Kinds are all of them, in order.
var Kinds = []Kind{
	Stop, Kill, Pause, Partition, DeadConnections, Stall, Hold, DelayAnswer, Refuse, RefuseLeaseWrites, DeleteLease, StealLease,
	ForbidLeases, APIServerAway, APIServerHangs, APIServerSlow, RollOut, Scale,
}

// Fault is what a step of this kind injects, at a replica.
func (k Kind) Fault(s Step, at string) fault.Fault { return kinds[k].fault(s, at) }

func (k Kind) has(field string) bool {
	return slices.Contains(kinds[k].needs, field) || slices.Contains(kinds[k].may, field)
}

// does says whether some step does one of these.
func (s Schedule) does(these ...Kind) bool {
	return slices.ContainsFunc(s.Steps, func(step Step) bool { return slices.Contains(these, step.Do) })
}
