package advise

import (
	"math"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/subject"
)

// Advice is what is to be said of an election, as it is written as JSON: durations as Go has them, as in "1.5s".
type Advice struct {
	LeaseDuration   metav1.Duration `json:"leaseDuration"`
	RenewDeadline   metav1.Duration `json:"renewDeadline"`
	RetryPeriod     metav1.Duration `json:"retryPeriod"`
	RequestTimeout  metav1.Duration `json:"requestTimeout"`
	ReleaseOnCancel bool            `json:"releaseOnCancel"`
	Replicas        int             `json:"replicas"`
	// Safe: no two replicas act at once when a leader is cut off; if LateAnswersCount, also where answers are late. It is what the
	// exit code says.
	Safe             bool `json:"safe"`
	LateAnswersCount bool `json:"lateAnswersCount"`
	// CutOff is how safe they are where a leader is cut off, and LateAnswers where answers are late, too.
	CutOff      Safety `json:"cutOff"`
	LateAnswers Safety `json:"lateAnswers"`
	// Restless: a rival may act although the leader renews in time.
	Restless bool `json:"restless"`
	// Without is how long nobody leads.
	Without Without `json:"withoutLeader"`
	Outage  Outage  `json:"outage"`
	// Requests are those about the Lease, in an hour.
	Requests Requests  `json:"requestsPerHour"`
	Warnings []Warning `json:"warnings"`
	// Nearest are the nearest timings that are safe; none, if these are.
	Nearest []OptionData `json:"nearestSafe"`
}

// Safety is how safe timings are: all counts from the leader's last renewal. Margin is how long before the earliest rival its last act
// comes; negative, if it comes later.
type Safety struct {
	Safe          bool            `json:"safe"`
	LastAct       metav1.Duration `json:"lastAct"`
	EarliestRival metav1.Duration `json:"earliestRival"`
	Margin        metav1.Duration `json:"margin"`
}

// Without is how long nobody leads, and where it is longest.
type Without struct {
	Crash       GapData `json:"afterCrashOrStopWithoutRelease"`
	StopRelease GapData `json:"afterStopWithRelease"`
	CutOff      GapData `json:"afterPartition"`
}

// GapData is a [Gap]; Typical is nil where it depends on more than the timings.
type GapData struct {
	Typical *metav1.Duration `json:"typical,omitempty"`
	Worst   metav1.Duration  `json:"worst"`
}

// Outage is how long the API server may be away without costing a leader its Lease. Refuses: it refuses connections; Silent: nothing
// that is sent is answered. AtMost is in the best moment, the others are in any.
type Outage struct {
	Refuses       metav1.Duration `json:"refuses"`
	RefusesAtMost metav1.Duration `json:"refusesAtMost"`
	Silent        metav1.Duration `json:"silent"`
	SilentAtMost  metav1.Duration `json:"silentAtMost"`
}

// Requests are how many each makes, and all replicas together.
type Requests struct {
	Leader  int `json:"leader"`
	Standby int `json:"standby"`
	All     int `json:"all"`
}

// OptionData is an [Option].
type OptionData struct {
	LeaseDuration metav1.Duration `json:"leaseDuration"`
	RenewDeadline metav1.Duration `json:"renewDeadline"`
	RetryPeriod   metav1.Duration `json:"retryPeriod"`
	Margin        metav1.Duration `json:"margin"`
	Crash         GapData         `json:"afterCrashOrStopWithoutRelease"`
	RidesOut      metav1.Duration `json:"ridesOut"`
	Requests      int             `json:"leaderRequestsPerHour"`
}

// ReachData is a [Reach], as it is written as JSON.
type ReachData struct {
	MaxInterregnum   metav1.Duration `json:"maxInterregnum"`
	ReleaseOnCancel  bool            `json:"releaseOnCancel"`
	Replicas         int             `json:"replicas"`
	LateAnswersCount bool            `json:"lateAnswersCount"`
	// Reached says whether there are any.
	Reached bool         `json:"reached"`
	Options []OptionData `json:"options"`
	// Why says why there are none, or what there is to know of those that there are.
	Why string `json:"why,omitempty"`
	// Shortest are the timings with the shortest gap, with retry periods of a second or more, and of any.
	Shortest      *OptionData `json:"shortest,omitempty"`
	ShortestOfAny *OptionData `json:"shortestWithRetryPeriodsBelowASecond,omitempty"`
}

func in(d time.Duration) metav1.Duration { return metav1.Duration{Duration: d} }

// Advise says what there is to say; late: it is to be safe also where answers are late.
func (e Election) Advise(late bool) Advice {
	surely, atMost := e.RidesOut()
	silent, silentAtMost := e.RidesOutSilence()
	leader, standby := e.LeaderRequests(), e.StandbyRequests()
	a := Advice{
		LeaseDuration: in(e.LeaseDuration), RenewDeadline: in(e.RenewDeadline), RetryPeriod: in(e.RetryPeriod), RequestTimeout: in(e.timeout()),
		ReleaseOnCancel: e.ReleaseOnCancel, Replicas: e.Replicas,
		Safe: e.Safe(late), LateAnswersCount: late,
		CutOff:      Safety{e.Safe(false), in(e.LastAct()), in(e.EarliestRival()), in(e.Margin())},
		LateAnswers: Safety{e.Safe(true), in(e.LastActLate()), in(e.EarliestRival()), in(e.MarginLate())},
		Restless:    e.Restless(),
		Without:     Without{e.Crash().data(), e.Release().data(), e.CutOff().data()},
		Outage:      Outage{in(surely), in(atMost), in(silent), in(silentAtMost)},
		Requests:    Requests{round(leader), round(standby), round(leader + float64(e.Replicas-1)*standby)},
		Warnings:    e.Warnings(),
	}
	if e.alone() {
		a.Without.CutOff.Typical = nil
	}
	if !a.Safe {
		a.Nearest = data(e.Nearest(late))
	}
	return a
}

func round(n float64) int { return int(math.Round(n)) }

func (g Gap) data() GapData { return GapData{new(in(g.Typical.Round(tenth))), in(g.Worst)} }

func (o Option) data() OptionData {
	return OptionData{in(o.LeaseDuration), in(o.RenewDeadline), in(o.RetryPeriod), in(o.Margin), o.Crash.data(), in(o.RidesOut), round(o.Requests)}
}

func data(options []Option) []OptionData {
	var list []OptionData
	for _, o := range options {
		list = append(list, o.data())
	}
	return list
}

// Data is a reach for JSON.
func (r Reach) Data(e Election, late bool) ReachData {
	d := ReachData{
		MaxInterregnum: in(r.Most), ReleaseOnCancel: e.ReleaseOnCancel, Replicas: e.Replicas, LateAnswersCount: late,
		Reached: len(r.Options) > 0, Options: data(r.Options), Why: r.why(late),
	}
	if r.Least != nil {
		d.Shortest = new(r.Least.data())
	}
	if r.LeastOfAll != nil {
		d.ShortestOfAny = new(r.LeastOfAll.data())
	}
	return d
}

// timings is the election's timings as they are written.
func timings(t subject.Timings) string {
	return short(t.LeaseDuration) + "/" + short(t.RenewDeadline) + "/" + short(t.RetryPeriod)
}
