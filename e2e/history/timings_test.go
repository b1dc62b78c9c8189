package history_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
)

// A header that calls timings unworkable which are not would excuse a run in which nobody leads.
func TestTimingsThatCannotWork(t *testing.T) {
	const refused = "expected timings that cannot work as those that are to be refused"
	for name, c := range map[string]struct {
		lease, renew, retry time.Duration
		work                bool
	}{
		"those of Kubernetes":                   {15 * time.Second, 10 * time.Second, 2 * time.Second, true},
		"a lease of a second":                   {time.Second, 900 * time.Millisecond, 700 * time.Millisecond, true},
		"a lease below a second":                {900 * time.Millisecond, 600 * time.Millisecond, 200 * time.Millisecond, false},
		"a deadline as long as the lease":       {10 * time.Second, 10 * time.Second, 2 * time.Second, false},
		"a deadline of 1.2 retry periods":       {15 * time.Second, 2400 * time.Millisecond, 2 * time.Second, false},
		"a little more than that":               {15 * time.Second, 2401 * time.Millisecond, 2 * time.Second, true},
		"zeros":                                 {0, 0, 0, false},
		"no retry period":                       {15 * time.Second, 10 * time.Second, 0, false},
		"a negative retry period":               {15 * time.Second, 10 * time.Second, -time.Second, false},
		"a lease and a deadline that are minus": {-time.Second, -2 * time.Second, -3 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			h := sample()
			h.Header.Unworkable.LeaseDuration = metav1.Duration{Duration: c.lease}
			h.Header.Unworkable.RenewDeadline = metav1.Duration{Duration: c.renew}
			h.Header.Unworkable.RetryPeriod = metav1.Duration{Duration: c.retry}
			path := t.TempDir() + "/history.jsonl"
			g.Expect(h.Save(path)).To(Succeed())
			_, err := history.Load(path)
			if c.work {
				g.Expect(err).To(MatchError(ContainSubstring(refused)))
				return
			}
			g.Expect(err).NotTo(HaveOccurred())
		})
	}
}
