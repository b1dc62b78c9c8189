package simcluster

import (
	"errors"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// losing makes a manager that gives up in time, and does nothing else about a Lease that it has lost.
func losing(p *plain) { p.elector.ReleaseOnCancel = false }

// mended makes one that releases as it should: it tries when it acts no more, and only what is its own.
func mended(p *plain) {
	losing(p)
	p.lose = func() error {
		if held, _, err := p.elector.Lock.Get(p.process); err == nil && held.HolderIdentity == p.identity {
			held.HolderIdentity, held.LeaseDurationSeconds = "", 1
			_ = p.elector.Lock.Update(p.process, *held)
		}
		return errLost
	}
}

// mendedAtWork makes one that says that its work has stopped, and only then releases.
func mendedAtWork(p *plain) {
	mended(p)
	release := p.lose
	p.lose = func() error {
		pause(p.process, 2*p.options.ActPeriod) // In which its work stops.
		if err := p.say(journal.Stopped, ""); err != nil {
			return err
		}
		return release()
	}
}

// impatient makes one that releases whatever it finds, as client-go does, and gives up at the first conflict, as client-go
// v0.34 does.
func impatient(p *plain) {
	losing(p)
	p.lose = func() error {
		if held, _, err := p.elector.Lock.Get(p.process); err == nil {
			held.HolderIdentity, held.LeaseDurationSeconds = "", 1
			_ = p.elector.Lock.Update(p.process, *held)
		}
		return errLost
	}
}

// countsAnswersIn makes one that gives up sooner, by as much as an answer may be late.
func countsAnswersIn(p *plain) {
	p.elector.RenewDeadline -= controller.Timings{RenewDeadline: p.elector.RenewDeadline}.RequestTimeout()
}

// A window that is too wide would say of a bug that it is gone, one that is too narrow would never say so.
func TestTheBugsOfTheTrackRecordShowWhereTheirWindowIsHit(t *testing.T) {
	for _, bug := range scenario.TrackRecord {
		t.Run(bug.Name, func(t *testing.T) {
			hits := 0
			for n := range 20 {
				verdict, saved := played(t, bug.Try(n+1), bug.Profile, Controller)
				g := NewWithT(t)
				g.Expect(scenario.NewShowing(bug).Add(verdict, saved)).To(Succeed())
				missed := bug.Window(saved)
				if missed == nil {
					hits++
				}
				broke := func(which invariant.Guarantee) bool { return verdict.Result(which).Outcome == invariant.Broken }
				if bug.Breaks.Name != "" {
					g.Expect(broke(bug.Breaks)).To(Equal(missed == nil), "run %d: %v", n+1, missed)
					continue
				}
				for _, which := range bug.MayBreak {
					if broke(which) {
						g.Expect(missed).NotTo(HaveOccurred(), "run %d", n+1)
					}
				}
			}
			NewWithT(t).Expect(hits).To(BeNumerically(">", 0))
		})
	}
}

// What is said on the day on which the libraries no longer have a bug, and on which they have it in another way.
func TestTheTrackRecordOfOtherLibraries(t *testing.T) {
	const gone, unknown = "seem to have mended it", "the window was not hit"
	for name, c := range map[string]struct {
		bug    string
		change func(p *plain)
		says   string
	}{
		"late acts, mended":              {"partitioned leader that releases on cancel", mended, gone},
		"late acts, never released":      {"partitioned leader that releases on cancel", losing, gone},
		"the rival's Lease, mended":      {"healed leader releases its rival's Lease", mended, gone},
		"the rival's Lease, never tried": {"healed leader releases its rival's Lease", losing, unknown},
		"the rival's Lease, as of old":   {"healed leader releases its rival's Lease", impatient, ""},

		"the release at work, mended":      {"work outlasts its graceful shutdown, with release", func(*plain) {}, gone},
		"the release at work, never tried": {"work outlasts its graceful shutdown, with release", losing, gone},
		"the loss at work, mended":         {"loses its Lease while its work stops", func(*plain) {}, gone},
		"the early release, mended":        {"leader that gives up releases", mendedAtWork, gone},
		"the early release, never tried":   {"leader that gives up releases", losing, gone},
		"the endless release, mended":      {"release that conflicts", mendedAtWork, gone},
		"the endless release, never tried": {"release that conflicts", losing, gone},
		"the late answer, counted in":      {"leader counts from the answer", countsAnswersIn, gone},
		"the late answer, in plain client-go": {
			"leader counts from the answer", func(*plain) {}, "",
		},
		"the Lease that it did not know of, mended": {
			"before it knows that it holds the Lease", releasesByItself, gone,
		},
		"the Lease that it did not know of, in plain client-go": {
			"before it knows that it holds the Lease", func(*plain) {}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			_, bugs, err := scenario.Known().Select(c.bug)
			g.Expect(err).NotTo(HaveOccurred())
			bug := bugs[0]
			showing := scenario.NewShowing(bug)
			for n := range 2 * max(len(bug.Delays), 1) {
				verdict, saved := played(t, bug.Try(n+1), bug.Profile, like(c.change))
				if c.says == "" && verdict.GaveUp != "" {
					// Whoever loses takes the next one's Lease, too, and so on: it may not come to rest. The bug has shown all the same.
					g.Expect(verdict.Result(bug.Breaks).Outcome).To(Equal(invariant.Broken))
					continue
				}
				g.Expect(showing.Add(verdict, saved)).To(Succeed())
			}
			_, err = showing.Conclude(false)
			if c.says == "" {
				g.Expect(err).NotTo(HaveOccurred())
				return
			}
			g.Expect(err).To(MatchError(ContainSubstring(c.says)))
			_, missed := errors.AsType[scenario.NotShown](err)
			g.Expect(missed).To(Equal(c.says == unknown))
		})
	}
}
