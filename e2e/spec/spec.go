// Package spec binds the catalogue to Ginkgo: one spec for each scenario, on any cluster, and a table of the verdicts at
// the end.
package spec

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/onsi/ginkgo/v2"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Binding is a cluster to run the catalogue on.
type Binding struct {
	// Cluster is its name, as make scenarios CLUSTER= takes it.
	Cluster string
	// Profile is the one to use where the environment names none.
	Profile scenario.Profile
	// Subject is what is run; it is asked once the suite has started.
	Subject func() *subject.Subject
	// Check looks, before anything is started, whether what the environment names is there; nil, if it names nothing.
	Check func() error
	// Open makes a cluster for one run of a scenario, whose folder is for logs and the like. It says what happens to the
	// observer.
	Open func(ctx context.Context, s scenario.Scenario, observer *observe.Observer, folder string) (scenario.Cluster, error)
	// Alone says whether nothing may run beside a scenario here; nil, where anything may beside any.
	Alone func(s scenario.Scenario) bool
	// Within runs a run; nil runs it as it is. A cluster in virtual time needs its bubble around it.
	Within func(run func(ctx context.Context))
	// Others declares the suite's specs that are no scenarios, with what it is given in the place of ginkgo.It; nil, if there
	// are none. With FOCUS they run only if their text contains it, and no scenario's does.
	Others func(it func(text string, args ...any))
}

// entry names the rows among a report's entries.
const entry = "verdict"

// Bind declares the specs, and says whether there is anything to start for them. FOCUS, PROFILE and RUNS in the
// environment choose scenarios, timings and the folder for histories.
func Bind(b Binding) (start bool) {
	chosen, err := b.choose()
	profile := chosen.profile
	filter := ginkgo.GinkgoLabelFilter()
	if err == nil {
		err = b.anyPasses(filter, chosen)
	}
	if b.Check != nil {
		err = errors.Join(err, b.Check())
	}
	if err != nil {
		// As a spec, so that it is said once, however many processes the suite has.
		ginkgo.It("knows what to run", b.labelsToPass(filter, profile), func() { ginkgo.Fail(err.Error()) })
		return false
	}
	for _, s := range chosen.scenarios {
		ginkgo.It(s.Name, append(b.decorate(s), b.labels(profile), func(ctx ginkgo.SpecContext) {
			run := Attempt(ctx, b, s, profile)
			ginkgo.AddReportEntry(entry, run.Row, ginkgo.ReportEntryVisibilityNever)
			switch {
			case run.Row.Verdict == report.NotRun:
				ginkgo.Skip(run.Row.Why)
			case run.Row.Verdict != string(invariant.Held):
				ginkgo.Fail(run.Explanation + "\n  run it again: " + b.again(s.Name, profile))
			}
		})...)
	}
	for _, bug := range chosen.bugs {
		b.bindBug(bug)
	}
	for _, o := range chosen.others {
		ginkgo.It(o.text, o.args...)
	}
	ginkgo.ReportAfterSuite("verdicts", func(all ginkgo.Report) {
		came := collect(all)
		again := func(row report.Row) string { return b.again(row.Scenario, profile) }
		if err := errors.Join(came.print(os.Stdout), came.publish(b.Cluster, profile.Name, again)); err != nil {
			ginkgo.Fail(err.Error())
		}
	})
	return true
}

// again is the command that runs a scenario, or a known bug, again.
func (b Binding) again(name string, profile scenario.Profile) string {
	command := fmt.Sprintf("make scenarios CLUSTER=%s PROFILE=%s FOCUS=%q", b.Cluster, profile.Name, name)
	if isKnownBug(name) { // Its profile is its own.
		command = fmt.Sprintf("make track-record CLUSTER=%s FOCUS=%q", b.Cluster, name)
	}
	for _, name := range []string{"CONTROLLER", "CONTROLLER_BEFORE", "NODE_IMAGE", "CLUSTER_NAME"} {
		if value := os.Getenv(name); value != "" {
			command += fmt.Sprintf(" %s=%q", name, value)
		}
	}
	return command
}

// Run is what came of an attempt.
type Run struct {
	Row     report.Row
	Verdict invariant.Verdict
	// History is what was judged; nil, where there is no verdict.
	History *history.History
	// Explanation is the verdict in words, or why there is none.
	Explanation string
}

// Attempt runs a scenario, once, and says what came of it.
func Attempt(ctx context.Context, b Binding, s scenario.Scenario, profile scenario.Profile) (run Run) {
	within := b.Within
	if within == nil {
		within = func(inside func(context.Context)) { inside(ctx) }
	}
	within(func(ctx context.Context) { run = b.attempt(ctx, s, profile) })
	return run
}

func (b Binding) attempt(ctx context.Context, s scenario.Scenario, profile scenario.Profile) Run {
	folder := filepath.Join(RunsFolder(), b.Cluster+"-"+profile.Name, slug(s.Name))
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
	observer := observe.New()
	cluster, err := b.Open(ctx, s, observer, folder)
	if err != nil {
		return failed(err)
	}
	if why := s.Skip(cluster, b.Subject(), profile); why != nil {
		if err := cluster.Close(); err != nil {
			return failed(err)
		}
		return Run{Row: report.Skipped(s.Name, why)}
	}
	verdict, err := s.Run(ctx, scenario.Setting{
		Cluster: cluster, Observer: observer, Subject: b.Subject(), Profile: profile, History: path,
		Log: func(format string, args ...any) { ginkgo.GinkgoWriter.Printf(format+"\n", args...) },
	})
	if err != nil {
		return failed(err)
	}
	return explained(verdict, path)
}

func explained(verdict invariant.Verdict, path string) Run {
	run := Run{Row: report.Judged(verdict, path), Verdict: verdict}
	var text strings.Builder
	saved, err := history.Load(path)
	if err == nil {
		run.History = saved
		err = report.Explain(&text, saved, verdict, path)
	}
	if err != nil {
		text.WriteString(err.Error())
	}
	run.Explanation = text.String()
	return run
}

// RunsFolder is where the runs are kept: RUNS in the environment, else .runs in the current folder.
func RunsFolder() string {
	folder := os.Getenv("RUNS")
	if folder == "" {
		folder = ".runs"
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return folder
	}
	return absolute
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a folder's name of a scenario's.
func slug(name string) string {
	return strings.Trim(notInNames.ReplaceAllString(strings.ToLower(name), "-"), "-")
}
