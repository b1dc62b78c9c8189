package invariant

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// refusing: the replicas were given timings that cannot work. Nobody is to lead in such a run, nor to stay up, and who refuses at
// once need not keep a journal.
func (v *view) refusing() bool { return v.header.Unworkable != nil }

// refusesBadTimings looks at each life of a run whose replicas were given timings that cannot work: how it ended, and what it did
// until then.
func refusesBadTimings(v *view) finding {
	var found finding
	if !v.refusing() {
		return found
	}
	judged := map[string]bool{}
	for _, l := range v.lives {
		if l.launched != nil && v.dueToRefuse(l) {
			found.examined++
			judged[l.Replica] = true
			v.judgeRefusal(&found, l)
		}
	}
	for _, replica := range v.replicas() {
		if !judged[replica] {
			v.dim = append(v.dim, fmt.Sprintf("%s was launched with timings that cannot work, and the run was over before it had refused them", replica))
		}
	}
	v.ledAllTheSame(&found)
	return found
}

// refusalDue is by when a life must have ended: a start may take as long.
func (v *view) refusalDue(l *life) time.Time { return l.launched.Time.Add(v.bounds.Start()) }

// dueToRefuse says whether a life can be judged: it ended by itself, or had the time to.
func (v *view) dueToRefuse(l *life) bool {
	due := v.refusalDue(l)
	if l.told != nil && !l.told.Time.After(due) && (l.exited == nil || !l.exited.Time.Before(l.told.Time)) {
		return false
	}
	return l.exited != nil || v.end().Sub(due) > v.uncertainty
}

func (v *view) judgeRefusal(found *finding, l *life) {
	due := v.refusalDue(l)
	const bad = "was given timings that cannot work, and "
	// One that is told to stop when it was due has not refused by itself.
	if l.exited == nil || l.toldBy(l.exited.Time) {
		found.breach(0, fmt.Sprintf("%s %sdid not exit within %v: it does not say what is wrong", l.Source, bad, v.bounds.Start()), l.launched)
		return
	}
	if late := l.exited.Time.Sub(due); late > v.uncertainty {
		found.breach(late, fmt.Sprintf("%s %sdid not exit within %v", l.Source, bad, v.bounds.Start()), l.launched, l.exited)
	}
	switch exit := l.exited.Exit; {
	case exit.Code == 0:
		found.breach(0, fmt.Sprintf("%s %sexited without an error", l.Source, bad), l.exited)
	case exit.Code < 0:
		found.breach(0, fmt.Sprintf("%s %swas ended by a signal (%s); expected it to exit with an error", l.Source, bad, exit.Signal), l.exited)
	case !namesTimings(exit.Error) && !complains(exit.Output):
		found.breach(0, fmt.Sprintf("%s %sits error names none of them; expected the lease duration, the renew deadline or the retry period in it",
			l.Source, bad), l.exited)
	}
}

// namesTimings says whether a text names one of the timings of an election, in whatever spelling: as a flag, as client-go calls
// its fields, or in words.
func namesTimings(text string) bool {
	text = strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(text))
	return strings.Contains(text, "leaseduration") || strings.Contains(text, "renewdeadline") || strings.Contains(text, "retryperiod")
}

// complaint is a line that tells of an error, in words or as klog marks it. What a program logs besides may name its flags, as
// its usage does: that is no complaint.
var complaint = regexp.MustCompile(`(?i)^\S.*(error|fatal|panic|fail|invalid|must|unable|cannot)|^[EF]\d{4} `)

// complains says whether some line of a log tells of an error, and names one of the timings.
func complains(log string) bool {
	for line := range strings.Lines(log) {
		if complaint.MatchString(line) && namesTimings(line) {
			return true
		}
	}
	return false
}

// ledAllTheSame names the first act, and the first version of the Lease that has a holder: nobody else is there who could hold it.
func (v *view) ledAllTheSame(found *finding) {
	if len(v.acts) > 0 {
		found.breach(0, fmt.Sprintf("%s acted, with timings that cannot work", v.acts[0].Source), v.acts[0].fact)
	}
	for _, version := range v.versions {
		if version.lease != nil && version.lease.Holder != "" {
			found.breach(0, fmt.Sprintf("%s held the Lease, with timings that cannot work", version.lease.Holder), version.fact)
			return
		}
	}
}
