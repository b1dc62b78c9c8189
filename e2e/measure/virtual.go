package measure

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/repeat"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Virtual makes runs in virtual time.
type Virtual struct {
	Subject *subject.Subject
	// Open makes a cluster for one run.
	Open func(observer *observe.Observer) scenario.Cluster
	// Within runs a run, in a bubble.
	Within func(run func(ctx context.Context))
	// Folder is where histories are kept of runs that did not hold.
	Folder string
}

// mostVirtual is virtual time in which any run comes to its end.
const mostVirtual = 24 * time.Hour

// Run makes a run.
func (v Virtual) Run(t Task) report.Row {
	made, err := t.In(scenario.Known())
	if err != nil {
		return report.Failed(t.Scenario, err, "")
	}
	var played *history.History
	var skipped error
	repeat.From(t.Seed)
	repeat.Quietly(func() {
		v.Within(func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(ctx, mostVirtual)
			defer cancel()
			observer := observe.New()
			cluster := v.Open(observer)
			if skipped = made.Skip(cluster, v.Subject, t.Profile); skipped != nil {
				err = cluster.Close()
				return
			}
			played, err = made.Play(ctx, scenario.Setting{Cluster: cluster, Observer: observer, Subject: v.Subject, Profile: t.Profile})
		})
	})
	switch {
	case err != nil:
		return report.Failed(t.Scenario, err, "")
	case skipped != nil:
		return report.Skipped(t.Scenario, skipped)
	}
	verdict, err := invariant.Judge(played)
	if err != nil {
		return report.Failed(t.Scenario, err, "")
	}
	row := report.Judged(verdict, "")
	if row.Fails() && t.Keep {
		if row.History, err = v.keep(t, played); err != nil {
			return report.Failed(t.Scenario, err, "")
		}
	}
	return row
}

func (v Virtual) keep(t Task, played *history.History) (string, error) {
	path := filepath.Join(v.Folder, t.Folder(), "history.jsonl")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("keeping a history: %w", err)
	}
	return path, played.Save(path)
}
