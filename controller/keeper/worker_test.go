package keeper

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/controller/journal"
)

// The journal must tell truthfully until when there was work: one that takes its time to stop acts until it has.
func TestAWorkerGoesOnForItsDrain(t *testing.T) {
	for name, c := range map[string]struct {
		drain time.Duration
		// acts since it was told to stop, at the least: those of the periods, without the one at the end, which may come second.
		acts int
	}{
		"none": {0, 0},
		"long": {time.Second, 9},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				k, out := leading(0)
				w := &worker{keeper: k, acts: Acts{Every: 100 * time.Millisecond, Drain: c.drain}}
				ctx, stop := context.WithTimeout(t.Context(), 250*time.Millisecond)
				defer stop()
				told, _ := ctx.Deadline()
				g.Expect(w.Start(ctx)).To(Succeed())
				g.Expect(time.Since(told)).To(Equal(c.drain))

				all := entries(t, out)
				last := len(all) - 1
				g.Expect(all[last].Kind).To(Equal(journal.Stopped))
				g.Expect(all[last].Time.Sub(told)).To(Equal(c.drain))
				acts := 0
				for _, entry := range all[:last] {
					g.Expect(entry.Kind).NotTo(Equal(journal.Stopped))
					if entry.Kind == journal.Acted && entry.Time.After(told) {
						acts++
					}
				}
				g.Expect(acts).To(BeNumerically(">=", c.acts))
			})
		})
	}
}
