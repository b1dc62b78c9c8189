// Package attempt runs one scenario, or shows one known bug, in one place, and says what came of it. It knows nothing of suites and
// commands, which are made of it.
package attempt

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/timeline"
	"github.com/interregnum/interregnum/e2e/timeline/overview"
)

// Place is where attempts are made.
type Place struct {
	// Cluster is the name of the kind of cluster: sim, envtest or kind.
	Cluster string
	// Subject is what is run; it is asked once everything has started.
	Subject func() *subject.Subject
	// Open makes a cluster for one run of a scenario, whose folder is for logs and the like. It says what happens to the
	// observer.
	Open func(ctx context.Context, s scenario.Scenario, observer *observe.Observer, folder string) (scenario.Cluster, error)
	// Never says why no such cluster can inject a fault, before one is opened; nil, where that takes no time.
	Never func(fault.Fault) error
	// Within runs a run; nil runs it as it is. A cluster in virtual time needs its bubble around it.
	Within func(run func(ctx context.Context))
	// Folder is where histories are kept, and what else there is of runs.
	Folder string
	// Undrawn leaves out the timelines, for whoever makes a thousand runs and looks at the numbers.
	Undrawn bool
	// Log gets a line for each step of a run; nil for none.
	Log func(format string, args ...any)
}

// Run is what came of an attempt.
type Run struct {
	Row     report.Row
	Verdict invariant.Verdict
	// History is what was judged; nil, where there is no verdict.
	History *history.History
	// Explanation is the verdict in words, or why there is none.
	Explanation string
	// Unfit says why the subject cannot be judged as it is described, whatever the scenario; nil, if it can be as far as is known.
	Unfit error
}

// Run runs a scenario, once, and says what came of it.
func (p Place) Run(ctx context.Context, s scenario.Scenario, profile scenario.Profile) (run Run) {
	within := p.Within
	if within == nil {
		within = func(inside func(context.Context)) { inside(ctx) }
	}
	within(func(ctx context.Context) { run = p.run(ctx, s, profile) })
	p.keep(run.Row, s, profile)
	return run
}

// keep keeps a row beside its history, for the page over all runs. What it cannot keep is no verdict on anybody.
func (p Place) keep(row report.Row, s scenario.Scenario, profile scenario.Profile) {
	if err := overview.Keep(p.FolderOf(s, profile), row); err != nil && p.Log != nil {
		p.Log("the verdict could not be kept for the page over all runs: %v", err)
	}
}

// FolderOf is where all of a run is kept.
func (p Place) FolderOf(s scenario.Scenario, profile scenario.Profile) string {
	return filepath.Join(p.FolderAt(profile), FolderName(s.Name))
}

// FolderAt is that of all runs at a profile.
func (p Place) FolderAt(profile scenario.Profile) string {
	return filepath.Join(p.Folder, p.Cluster+"-"+profile.Name)
}

func (p Place) run(ctx context.Context, s scenario.Scenario, profile scenario.Profile) Run {
	folder := p.FolderOf(s, profile)
	path := filepath.Join(folder, "history.jsonl")
	failed := func(err error) Run {
		return Run{Row: report.Failed(s.Name, err, path), Explanation: fmt.Sprintf("%s: no verdict: %v", s.Name, err)}
	}
	// What an earlier run left there must not be taken for this one's.
	if err := os.RemoveAll(folder); err != nil {
		return failed(err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return failed(err)
	}
	if why := p.unsuited(s, profile); why != nil {
		return Run{Row: report.Skipped(s.Name, why)} // A cluster may take long to open.
	}
	observer := observe.New()
	cluster, err := p.Open(ctx, s, observer, folder)
	if err != nil {
		return failed(err)
	}
	if why := s.Skip(cluster, p.Subject(), profile); why != nil {
		if err := cluster.Close(); err != nil {
			return failed(err)
		}
		return Run{Row: report.Skipped(s.Name, why)}
	}
	var unfit error
	verdict, err := s.Run(ctx, scenario.Setting{
		Cluster: cluster, Observer: observer, Subject: p.Subject(), Profile: profile, History: path, Log: p.Log,
		Unfit: func(why error) { unfit = why },
	})
	if err != nil {
		return failed(err)
	}
	run := p.known(p.explained(verdict, path), s)
	run.Unfit = unfit
	return run
}

// unsuited says why a scenario cannot be run here, as far as can be told without a cluster.
func (p Place) unsuited(s scenario.Scenario, profile scenario.Profile) error {
	for _, f := range s.Faults {
		if p.Never == nil {
			break
		}
		if why := p.Never(f); why != nil {
			return fmt.Errorf("needs %q: %w", f, why)
		}
	}
	return s.Suits(p.Subject(), profile)
}

// explained puts a verdict into words and pictures: what failed first, as text; the rest, as a page beside the history.
func (p Place) explained(verdict invariant.Verdict, path string) Run {
	run := Run{Row: report.Judged(verdict, path), Verdict: verdict}
	saved, err := history.Load(path)
	if err != nil {
		run.Explanation = err.Error()
		return run
	}
	run.History = saved
	drawn := timeline.New(saved, verdict)
	picture := filepath.Join(filepath.Dir(path), timeline.PageFile)
	if p.Undrawn {
		picture = "interregnum show " + path
	} else if err := drawn.SaveBeside(filepath.Dir(path)); err != nil {
		picture = fmt.Sprintf("none, because %v", err)
	}
	run.Explanation = fmt.Sprintf("%s\n  the picture:  %s\n  all of it:    interregnum judge %s", drawn.Failure(), picture, path)
	if run.Row.Fails() {
		run.Row.Account = run.Explanation
	}
	return run
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// FolderName makes the name of a folder of that of a scenario.
func FolderName(name string) string {
	return strings.Trim(notInNames.ReplaceAllString(strings.ToLower(name), "-"), "-")
}
