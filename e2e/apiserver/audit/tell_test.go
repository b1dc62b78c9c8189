package audit

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

// What is told as it is answered is what the log holds in the end: each write once, and none that was dry.
func TestWritesAreToldAsTheyAreAnswered(t *testing.T) {
	g := NewWithT(t)
	log := NewLog(here, func(err error) { t.Error(err) })
	var told []history.Fact
	log.Tell(func(f history.Fact) { told = append(told, f) })
	for _, line := range lines(recorded) {
		_, _ = log.Write(line)
	}
	codes := func(facts []history.Fact) (codes []int) {
		for _, f := range facts {
			if f.Write.Completed != nil {
				codes = append(codes, f.Write.Code)
			}
		}
		return codes
	}
	g.Expect(told).NotTo(BeEmpty())
	g.Expect(codes(told)).To(ConsistOf(codes(log.Requests())))
}
