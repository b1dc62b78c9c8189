package simcluster

import (
	"context"
	"io"
	"path/filepath"
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/retry"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/e2e/binary"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/manager"
)

// like is a plain manager, changed.
func like(change func(p *plain)) Manager {
	return func(ctx context.Context, config *rest.Config, options controller.Options, out io.Writer) error {
		p, err := newPlain(config, options, out)
		if err != nil {
			return err
		}
		change(p)
		return p.run(ctx)
	}
}

// judged runs a scenario, once, in virtual time.
func judged(t *testing.T, s scenario.Scenario, profile scenario.Profile, manager Manager) invariant.Verdict {
	t.Helper()
	verdict, _ := played(t, s, profile, manager)
	return verdict
}

// played runs a scenario, once, in virtual time, and returns what was saved, too.
func played(t *testing.T, s scenario.Scenario, profile scenario.Profile, manager Manager) (invariant.Verdict, *history.History) {
	t.Helper()
	return playedBy(t, ours(), s, profile, manager)
}

func playedBy(t *testing.T, of *subject.Subject, s scenario.Scenario, profile scenario.Profile, manager Manager) (invariant.Verdict, *history.History) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.jsonl")
	var verdict invariant.Verdict
	synctest.Test(t, func(t *testing.T) {
		observer := observe.New()
		var err error
		verdict, err = s.Run(t.Context(), scenario.Setting{
			Cluster: New(observer, manager), Observer: observer, Subject: of, Profile: profile, History: path,
		})
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
	})
	saved, err := history.Load(path)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return verdict, saved
}

// explain tells what is wrong with a verdict.
func explain(v invariant.Verdict) []string {
	said := append([]string{string(v.Outcome)}, v.Assumptions...)
	if v.GaveUp != "" {
		said = append(said, "gave up: "+v.GaveUp)
	}
	for _, result := range v.Results {
		if result.Outcome != invariant.Held {
			said = append(said, result.Guarantee.Name+" "+string(result.Outcome))
		}
		for _, breach := range result.Breaches {
			said = append(said, breach.String())
		}
	}
	return said
}

// ours is what is run: whatever a test puts in the manager's place takes its options, and keeps its journal.
func ours() *subject.Subject { return manager.New(binary.ThisProgram(), nil) }

// A harness that knows one manager only would take that one's habits for correctness. These are others, and correct.
func TestCorrectManagersAreHeld(t *testing.T) {
	for name, manager := range map[string]Manager{
		"plain client-go":    like(func(*plain) {}),
		"keeps its identity": like(func(p *plain) { p.identify(p.source.Replica) }),
		"acts less often":    like(func(p *plain) { p.options.ActPeriod = p.options.RetryPeriod * 2 / 5 }),
		"releases by itself": like(releasesByItself),
	} {
		t.Run(name, func(t *testing.T) {
			for _, profile := range scenario.Profiles {
				for _, s := range scenario.Catalogue {
					t.Run(profile.Name+"/"+s.Name, func(t *testing.T) {
						if why := s.Skip(&Cluster{}, ours(), profile); why != nil {
							t.Skip(why)
						}
						verdict := judged(t, s, profile, manager)
						NewWithT(t).Expect(verdict.Outcome).To(Equal(invariant.Held), "%v", explain(verdict))
					})
				}
			}
		})
	}
}

// releasesByItself makes a manager that does not have client-go release the Lease, but does it itself, whenever it stops in
// good order. It leaves the time of the last renewal where it is.
func releasesByItself(p *plain) {
	p.elector.ReleaseOnCancel = false
	stop := p.stop
	p.stop = func(w *work) error {
		if err := stop(w); err != nil {
			return err
		}
		// A renewal that was under way may come between.
		return retry.RetryOnConflict(retry.DefaultRetry, func() error {
			held, _, err := p.elector.Lock.Get(p.process)
			if err != nil || held.HolderIdentity != p.identity {
				return err
			}
			held.HolderIdentity, held.LeaseDurationSeconds = "", 1
			return p.elector.Lock.Update(p.process, *held)
		})
	}
}
