package envtest_test

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/interregnum/interregnum/e2e/history"
)

// told is what a model has told of writes.
type told struct{ writes []history.Fact }

// Version implements simcluster.Audience.
func (*told) Version(runtime.Object, bool) {}

// Asked implements simcluster.Audience.
func (t *told) Asked(fact history.Fact) { t.writes = append(t.writes, fact) }

// inWords is what a history keeps of the writes of Leases and work items, but what each API server chooses for itself: versions,
// UIDs, users and times.
func inWords(writes []history.Fact) []string {
	var lines []string
	for _, f := range writes {
		w := f.Write
		if w.Resource != history.Leases && w.Resource != history.WorkItems {
			continue
		}
		line := fmt.Sprintf("%s %s %q: %d %s", w.Verb, w.Resource, w.Name, w.Code, w.Effect())
		if w.Revision != "" {
			line += ", with a revision"
		}
		if f.Item != "" {
			line += ", of the item " + f.Item
		}
		if f.Identity != "" {
			line += ", stamped by " + f.Identity
		}
		if f.Term != nil {
			line += fmt.Sprintf(" in term %d", *f.Term)
		}
		if l := f.Lease; l != nil {
			line += fmt.Sprintf(", Lease of %q for %d s from %v, renewed %v, %d transitions",
				l.Holder, l.DurationSeconds, l.AcquireTime, l.RenewTime, l.Transitions)
		}
		lines = append(lines, line)
	}
	return lines
}
