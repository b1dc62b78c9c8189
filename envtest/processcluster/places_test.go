package processcluster

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestThereAreNeverMoreThanThereArePlaces(t *testing.T) {
	g := NewWithT(t)
	const places, visits = 3, 50
	path := filepath.Join(t.TempDir(), "places")
	made, err := MakePlaces(path, places)
	g.Expect(err).NotTo(HaveOccurred())
	defer made.Close()
	var inside, most atomic.Int32
	var all sync.WaitGroup
	full := make(chan struct{})
	for range 3 * places {
		all.Go(func() {
			mine, err := OpenPlaces(path)
			g.Expect(err).NotTo(HaveOccurred())
			defer mine.Close()
			for range visits {
				g.Expect(mine.Take(t.Context())).To(Succeed())
				now := inside.Add(1)
				for before := most.Load(); now > before && !most.CompareAndSwap(before, now); before = most.Load() {
				}
				if now == places {
					select {
					case <-full:
					default:
						close(full)
					}
				}
				<-full // Nobody leaves before it was full once.
				inside.Add(-1)
				g.Expect(mine.Free()).To(Succeed())
			}
		})
	}
	all.Wait()
	g.Expect(most.Load()).To(BeEquivalentTo(places))
}

func TestWhoeverIsInterruptedTakesNoPlace(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "places")
	made, err := MakePlaces(path, 1)
	g.Expect(err).NotTo(HaveOccurred())
	defer made.Close()
	g.Expect(made.Take(t.Context())).To(Succeed())
	other, err := OpenPlaces(path)
	g.Expect(err).NotTo(HaveOccurred())
	defer other.Close()

	why := errors.New("Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	waited := make(chan error, 1)
	go func() { waited <- other.Take(ctx) }()
	g.Consistently(waited).WithTimeout(50 * time.Millisecond).ShouldNot(Receive())
	cancel(why)
	g.Eventually(waited).WithTimeout(allowance).Should(Receive(MatchError(why)))
	g.Expect(made.Free()).To(Succeed())
	g.Expect(other.Take(t.Context())).To(Succeed(), "it can wait again")
}
