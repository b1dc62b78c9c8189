package history

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// line is what a line after the header holds.
type line struct {
	fact Fact
	seal *seal
}

// read reads a line with one fact.
func (s *scanner) read(text []byte, into *line) error {
	s.rest = text
	if err := object(s, into, "line", lineFields); err != nil {
		return err
	}
	return s.end()
}

// part reads an object within a fact.
func part[T any](s *scanner, into **T, what string, fields []field[T]) error {
	*into = new(T)
	return object(s, *into, what, fields)
}

// The fields, in the order in which they are written. A test compares them with the types.
var (
	lineFields = []field[line]{
		{"time", false, func(s *scanner, l *line) error { return s.time(&l.fact.Time) }},
		{"kind", false, func(s *scanner, l *line) error { return s.name((*string)(&l.fact.Kind)) }},
		{"replica", false, func(s *scanner, l *line) error { return s.name(&l.fact.Replica) }},
		{"start", false, func(s *scanner, l *line) error { return number(s, &l.fact.Start) }},
		{"identity", false, func(s *scanner, l *line) error { return s.name(&l.fact.Identity) }},
		{"term", false, func(s *scanner, l *line) error { l.fact.Term = new(int64); return number(s, l.fact.Term) }},
		{"item", false, func(s *scanner, l *line) error { return s.name(&l.fact.Item) }},
		{"signal", false, func(s *scanner, l *line) error { return s.name(&l.fact.Signal) }},
		{"exit", false, func(s *scanner, l *line) error { return part(s, &l.fact.Exit, "exit", exitFields) }},
		{"lease", false, func(s *scanner, l *line) error { return part(s, &l.fact.Lease, "lease", leaseFields) }},
		{"fault", false, func(s *scanner, l *line) error { return part(s, &l.fact.Fault, "fault", faultFields) }},
		{"write", false, func(s *scanner, l *line) error { return part(s, &l.fact.Write, "write", writeFields) }},
		{"replicas", false, func(s *scanner, l *line) error { return number(s, &l.fact.Replicas) }},
		{"by", false, func(s *scanner, l *line) error { l.fact.By = new(metav1.Duration); return s.duration(l.fact.By) }},
		{"text", false, func(s *scanner, l *line) error { return s.text(&l.fact.Text) }},
		{"seal", false, func(s *scanner, l *line) error { return part(s, &l.seal, "seal", sealFields) }},
	}
	exitFields = []field[Exit]{
		{"code", true, func(s *scanner, e *Exit) error { return number(s, &e.Code) }},
		{"signal", false, func(s *scanner, e *Exit) error { return s.name(&e.Signal) }},
		{"error", false, func(s *scanner, e *Exit) error { return s.text(&e.Error) }},
	}
	leaseFields = []field[Lease]{
		{"uid", true, func(s *scanner, l *Lease) error { return s.name(&l.UID) }},
		{"resourceVersion", true, func(s *scanner, l *Lease) error { return s.text(&l.ResourceVersion) }},
		{"holder", true, func(s *scanner, l *Lease) error { return s.name(&l.Holder) }},
		{"durationSeconds", true, func(s *scanner, l *Lease) error { return number(s, &l.DurationSeconds) }},
		{"acquireTime", true, func(s *scanner, l *Lease) error { return s.time(&l.AcquireTime) }},
		{"renewTime", true, func(s *scanner, l *Lease) error { return s.time(&l.RenewTime) }},
		{"transitions", true, func(s *scanner, l *Lease) error { return number(s, &l.Transitions) }},
		{"gap", false, func(s *scanner, l *Lease) error { return s.flag(&l.Gap) }},
	}
	faultFields = []field[Fault]{
		{"id", true, func(s *scanner, f *Fault) error { return number(s, &f.ID) }},
		{"name", true, func(s *scanner, f *Fault) error { return s.name(&f.Name) }},
		{"healable", false, func(s *scanner, f *Fault) error { return s.flag(&f.Healable) }},
		{"spares", false, func(s *scanner, f *Fault) error { return s.flag(&f.Spares) }},
		{"delay", false, func(s *scanner, f *Fault) error { return s.duration(&f.Delay) }},
		{"touched", false, func(s *scanner, f *Fault) error { return number(s, &f.Touched) }},
		{"passed", false, func(s *scanner, f *Fault) error { return number(s, &f.Passed) }},
	}
	writeFields = []field[Write]{
		{"user", true, func(s *scanner, w *Write) error { return s.name(&w.User) }},
		{"pod", false, func(s *scanner, w *Write) error { return s.name(&w.Pod) }},
		{"podUID", false, func(s *scanner, w *Write) error { return s.name(&w.PodUID) }},
		{"verb", true, func(s *scanner, w *Write) error { return s.name(&w.Verb) }},
		{"resource", true, func(s *scanner, w *Write) error { return s.name(&w.Resource) }},
		{"name", false, func(s *scanner, w *Write) error { return s.name(&w.Name) }},
		{"completed", false, func(s *scanner, w *Write) error { w.Completed = new(time.Time); return s.time(w.Completed) }},
		{"code", false, func(s *scanner, w *Write) error { return number(s, &w.Code) }},
		{"revision", false, func(s *scanner, w *Write) error { return s.text(&w.Revision) }},
	}
	sealFields = []field[seal]{
		{"facts", true, func(s *scanner, l *seal) error { return number(s, &l.Facts) }},
		{"sha256", true, func(s *scanner, l *seal) error { return s.text(&l.SHA256) }},
	}
)
