package attack

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
)

// numbers: what cannot be, in a file that is whole. It is refused, so that nothing is judged by it.
var numbers = []Kind{
	impossible("a negative count in evidence", func(s *scene) bool {
		f, is := pick(s, s.all(kind(history.Evidence)))
		switch {
		case !is:
		case s.random.IntN(2) == 0:
			f.Fault.Touched = -f.Fault.Touched - 1
		default:
			f.Fault.Passed = -f.Fault.Passed - 1
		}
		return is
	}),
	impossible("another number of replicas in the header", func(s *scene) bool {
		deployed := s.all(kind(history.Deployed))
		s.Header.Replicas += 1 + s.random.IntN(3)
		return len(deployed) > 0 && deployed[0].Replicas > 0
	}),
	impossible("another number of replicas deployed", func(s *scene) bool {
		f, is := pick(s, s.all(func(f *history.Fact) bool { return f.Kind == history.Deployed && f.Replicas > 0 }))
		if is {
			f.Replicas += 1 + s.random.IntN(3)
		}
		return is
	}),
	impossible("an allowance of an hour", func(s *scene) bool {
		s.Header.Cluster.Allowance = metav1.Duration{Duration: time.Hour}
		return true
	}),
	impossible("a drain of an hour", func(s *scene) bool {
		s.Header.Drain = metav1.Duration{Duration: time.Hour}
		return true
	}),
	impossible("an uncertainty of an hour", func(s *scene) bool {
		s.Header.Cluster.ClockUncertainty = metav1.Duration{Duration: time.Hour}
		return true
	}),
	impossible("a resource version that goes back", func(s *scene) bool {
		versions := s.versions()
		if len(versions) < 2 {
			return false
		}
		at := 1 + s.random.IntN(len(versions)-1)
		versions[at].Lease.ResourceVersion = "0"
		return true
	}),
	impossible("an end before the beginning", func(s *scene) bool {
		s.Facts[len(s.Facts)-1].Time = s.Header.Began.Add(-s.between(time.Second, time.Hour))
		return true
	}),
	impossible("a fact after the end", func(s *scene) bool {
		s.Facts[s.random.IntN(len(s.Facts)-1)].Time = s.end().Add(s.between(2*time.Second, time.Hour))
		return true
	}),
	impossible("a fact before the beginning", func(s *scene) bool {
		s.Facts[s.random.IntN(len(s.Facts)-1)].Time = s.Header.Began.Add(-s.between(2*time.Second, time.Hour))
		return true
	}),
	impossible("the end is told twice", func(s *scene) bool {
		s.Facts = append(s.Facts, s.Facts[len(s.Facts)-1])
		return true
	}),
	impossible("no end", func(s *scene) bool {
		s.Facts = s.Facts[:len(s.Facts)-1]
		return true
	}),
	impossible("a negative term", func(s *scene) bool {
		f, is := pick(s, s.all(func(f *history.Fact) bool { return f.Term != nil && f.Kind != history.Wrote }))
		if is {
			*f.Term = -1 - *f.Term
		}
		return is
	}),
	impossible("negative transitions", func(s *scene) bool {
		f, is := pick(s, s.all(kind(history.LeaseSeen)))
		if is {
			f.Lease.Transitions = -1 - f.Lease.Transitions
		}
		return is
	}),
	impossible("a negative lease duration", func(s *scene) bool {
		f, is := pick(s, s.all(kind(history.LeaseSeen)))
		if is {
			f.Lease.DurationSeconds = -1 - f.Lease.DurationSeconds
		}
		return is
	}),
	impossible("an exit code that is none", func(s *scene) bool {
		f, is := pick(s, s.all(kind(history.Exited)))
		if is {
			f.Exit.Code = 256 + s.random.IntN(1000)
		}
		return is
	}),
	impossible("an answer with a code that is none", func(s *scene) bool {
		f, is := pick(s, s.all(kind(history.Wrote)))
		if is {
			f.Write.Code = 1 + s.random.IntN(99)
		}
		return is
	}),
	impossible("a write that was answered before it came", func(s *scene) bool {
		f, is := pick(s, s.all(func(f *history.Fact) bool { return f.Kind == history.Wrote && f.Write.Completed != nil }))
		if is {
			*f.Write.Completed = f.Time.Add(-s.between(1, time.Second))
		}
		return is
	}),
	impossible("a launch of a life that was", func(s *scene) bool {
		f, is := pick(s, s.all(kind(history.Launched)))
		return is && s.insert(cloneFact(*f))
	}),
	impossible("an entry of a journal without a life", func(s *scene) bool {
		f, is := pick(s, s.all(inJournal))
		if is {
			f.Start = 0
		}
		return is
	}),
	impossible("an entry of a journal without an identity", func(s *scene) bool {
		f, is := pick(s, s.all(inJournal))
		if is {
			f.Identity = ""
		}
		return is
	}),
	impossible("an act without a term", func(s *scene) bool {
		f, is := pick(s, s.all(func(f *history.Fact) bool { return f.IsAct() }))
		if is {
			f.Term = nil
		}
		return is
	}),
	impossible("a fact of no kind", func(s *scene) bool {
		s.Facts[s.random.IntN(len(s.Facts)-1)].Kind = "seen"
		return true
	}),
	impossible("a fact without a time", func(s *scene) bool {
		s.Facts[s.random.IntN(len(s.Facts)-1)].Time = time.Time{}
		return true
	}),
}

func impossible(name string, facts func(*scene) bool) Kind {
	return Kind{Name: name, Must: Refused, Why: "It cannot have been.", facts: facts}
}
