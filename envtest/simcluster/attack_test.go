package simcluster

import (
	"cmp"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/attack"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/scenario"
)

var (
	attackSeed  = flag.Uint64("attack.seed", 0, "the seed of the first edit of each kind; zero to draw one")
	attackEdits = flag.Int("attack.edits", 3, "how many edits of each kind are tried on each history")
	attackFocus = flag.String("attack.focus", "", "only kinds of edits whose name contains this")
)

// TestAttack runs the catalogue, edits the histories in every way that is known, and expects of each edit what must come of it.
// A guarantee that no edit breaks, and an edit for which there is never a place, test nothing: they fail it, too.
func TestAttack(t *testing.T) {
	g := NewWithT(t)
	// A history lives for a millisecond; with the default the collector would run for half of the time.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	seed := cmp.Or(*attackSeed, uint64(rand.Uint32())) //nolint:gosec // Any number will do; it is printed.
	t.Logf("the seed is %d", seed)

	targets := everyRun(t)
	began := time.Now()
	rows, err := attack.Campaign{Seed: seed, Count: *attackEdits, Focus: *attackFocus}.Run(targets)
	g.Expect(err).NotTo(HaveOccurred())
	var table strings.Builder
	g.Expect(attack.Print(&table, rows)).To(Succeed())
	t.Logf("%d histories, attacked for %v\n\n%s", len(targets), time.Since(began).Round(time.Millisecond), table.String())

	broken := map[string]int{}
	for _, row := range rows {
		for guarantee, times := range row.Broken {
			broken[guarantee] += times
		}
		for _, failure := range row.Wrong[:min(len(row.Wrong), 3)] {
			t.Errorf("%v\n\tagain: make attack HISTORY=%q SEED=%d EDITS=1 FOCUS=%q", failure, kept(t, failure.Target), failure.Seed, row.Kind.Name)
		}
		if row.Edits == 0 {
			t.Errorf("expected %q to find something to edit in one of %d histories, it never did", row.Kind.Name, len(targets))
		}
	}
	if *attackFocus != "" {
		return
	}
	for _, guarantee := range invariant.Guarantees {
		if broken[guarantee.Name] == 0 {
			t.Errorf("expected some edit to break %s, none did: add the one that does to package attack", guarantee.Name)
		}
	}
}

// everyRun is the catalogue, run at each profile.
func everyRun(t *testing.T) []attack.Target {
	t.Helper()
	g := NewWithT(t)
	var targets []attack.Target
	for _, profile := range scenario.Profiles {
		for _, s := range scenario.Catalogue {
			if s.Skip(&Cluster{}, ours(), profile) != nil {
				continue
			}
			name := profile.Name + ", " + s.Name
			verdict, saved := played(t, s, profile, Controller)
			g.Expect(verdict.Outcome).To(Equal(invariant.Held), "%s: only what held can be attacked: %v", name, explain(verdict))
			targets = append(targets, attack.Target{Name: name, History: saved})
		}
	}
	return targets
}

// kept saves a history where it stays, and returns its path: each run is another, so that the next one has not its like.
func kept(t *testing.T, target attack.Target) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(cmp.Or(os.Getenv("RUNS"), filepath.Join("..", "..", ".runs")), "attack", target.Name, "history.jsonl"))
	if err == nil {
		err = target.History.Save(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
