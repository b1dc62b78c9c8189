package simcluster

import (
	"path/filepath"
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// upgraded rolls one manager out over another.
func upgraded(t *testing.T, profile scenario.Profile, before, manager Manager) (invariant.Verdict, *history.History) {
	t.Helper()
	g := NewWithT(t)
	chosen, _, err := scenario.Known().Select("rollout of another version")
	g.Expect(err).NotTo(HaveOccurred())
	path := filepath.Join(t.TempDir(), "history.jsonl")
	var verdict invariant.Verdict
	synctest.Test(t, func(t *testing.T) {
		observer := observe.New()
		cluster := NewUpgrading(observer, before, manager)
		of := ours()
		of.Before = new(of.Binary)
		g.Expect(chosen[0].Skip(cluster, of, profile)).To(Succeed())
		verdict, err = chosen[0].Run(t.Context(), scenario.Setting{Cluster: cluster, Observer: observer, Subject: of, Profile: profile, History: path})
		g.Expect(err).NotTo(HaveOccurred())
	})
	saved, err := history.Load(path)
	g.Expect(err).NotTo(HaveOccurred())
	return verdict, saved
}

func TestTwoVersionsOfTheManager(t *testing.T) {
	plainly := like(func(*plain) {})
	for _, profile := range scenario.Profiles {
		for name, c := range map[string]struct{ before, manager Manager }{
			"to controller-runtime": {plainly, Controller},
			"from it":               {Controller, plainly},
		} {
			t.Run(profile.Name+", "+name, func(t *testing.T) {
				g := NewWithT(t)
				verdict, saved := upgraded(t, profile, c.before, c.manager)
				g.Expect(verdict.Outcome).To(Equal(invariant.Held), "%v", explain(verdict))
				g.Expect(saved.Header.Cluster.Before).NotTo(BeNil())
			})
		}
	}
}

// The next version takes part in another election than the one before: two act until the last of the old ones is gone, unless
// it was the leader that was replaced first.
func TestAVersionThatDoesNotUnderstandTheOneBeforeIsCaught(t *testing.T) {
	g := NewWithT(t)
	elsewhere := controllerWith(func(options *controller.Options, _ *life) { options.LeaderElectionID += "-v2" })
	// Each run is broken; two act in one of seven, so that a hundred without are as good as impossible.
	for runs := 1; ; runs++ {
		verdict, _ := upgraded(t, scenario.Production, Controller, elsewhere)
		g.Expect(verdict.Outcome).To(Equal(invariant.Broken), "%v", explain(verdict))
		if verdict.Result(invariant.AtMostOneActor).Outcome == invariant.Broken {
			return
		}
		g.Expect(runs).To(BeNumerically("<", 100), "two never acted at once")
	}
}

// What a manager does that leaves its timings to the libraries: they refuse all but a lease below a second.
func TestWhatTheLibrariesRefuse(t *testing.T) {
	const tooShort = "started with a lease duration below a second"
	chosen, _, err := scenario.Known().Select("started with")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for name, manager := range map[string]Manager{
		"controller-runtime": bare,
		"client-go":          like(func(p *plain) { p.heedless = true }),
	} {
		for _, profile := range scenario.Profiles {
			for _, s := range chosen {
				t.Run(name+", "+profile.Name+", "+s.Name, func(t *testing.T) {
					want := invariant.Held
					if s.Name == tooShort {
						want = invariant.Broken
					}
					verdict := judged(t, s, profile, manager)
					NewWithT(t).Expect(verdict.Outcome).To(Equal(want), "%v", explain(verdict))
				})
			}
		}
	}
}
