// Package spec binds the catalogue to Ginkgo: one spec for each scenario, on any cluster, and a table of the verdicts at
// the end.
package spec

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/interregnum/interregnum/e2e/attempt"
	"github.com/interregnum/interregnum/e2e/report"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/timeline/overview"
)

// Binding is a cluster to run scenarios on, and which.
type Binding struct {
	attempt.Place
	// Known is what there is to run, and Profile the one to run it at where the choice names none.
	Known   scenario.Collection
	Profile scenario.Profile
	// Choice is what of it is to run.
	Choice Choice
	// Check looks, before anything is started, whether what was named is there; nil, if nothing was.
	Check func() error
	// Alone says whether nothing may run beside a scenario here; nil, where anything may beside any.
	Alone func(s scenario.Scenario) bool
	// Others declares the suite's specs that are no scenarios, with what it is given in the place of ginkgo.It; nil, if there
	// are none. With a focus they run only if their text contains it, and no scenario's does.
	Others func(it func(text string, args ...any))
	// Again is the command that runs a scenario, or a known bug, again, for whoever reads that it failed; nil: the go command's.
	Again func(name string, profile scenario.Profile) string
	// Summary is a file that the verdicts are added to, as Markdown; empty, if there is none.
	Summary string
	// Style is how the verdicts are printed. With Ginkgo's -v it is verbose in any case.
	Style report.Style
}

// Choice is what somebody chose to run.
type Choice struct {
	// Focus chooses what has it in its name; empty for all. Profile is the name of the one to run at; empty for the binding's.
	Focus, Profile string
}

// entry names the rows among a report's entries.
const entry = "verdict"

// Bind declares the specs, and says whether there is anything to start for them.
func Bind(b Binding) (start bool) {
	if b.Log == nil {
		b.Log = func(format string, args ...any) { ginkgo.GinkgoWriter.Printf(format+"\n", args...) }
	}
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
			run := b.Run(ctx, s, profile)
			ginkgo.AddReportEntry(entry, run.Row, ginkgo.ReportEntryVisibilityNever)
			switch {
			case run.Row.Verdict == report.NotRun:
				ginkgo.Skip(run.Row.Why)
			case run.Row.Fails():
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
		came := b.collect(all)
		if neverStarted != "" {
			came = outcome{neverBegan: neverStarted}
		}
		again := func(row report.Row) string { return b.again(row.Scenario, profile) }
		style := b.Style
		_, reporter := ginkgo.GinkgoConfiguration()
		style.Verbose = style.Verbose || reporter.Verbosity().GTE(types.VerbosityLevelVerbose)
		page, drawn := b.overview(came)
		if err := errors.Join(came.print(os.Stdout, b.Folder, page, style), b.publish(came, profile, again), drawn); err != nil {
			ginkgo.Fail(err.Error())
		}
		if neverStarted != "" {
			ginkgo.Fail("no scenario was run: " + neverStarted)
		}
	})
	return true
}

// overview makes the page over all runs in the folder, if there are any.
func (b Binding) overview(o outcome) (page string, err error) {
	if len(o.rows) == 0 || !slices.ContainsFunc(o.rows, func(r report.Row) bool { return r.Verdict != report.NotRun }) {
		return "", nil
	}
	return overview.Write(b.Folder)
}

// again is the command that runs a scenario, or a known bug, again.
func (b Binding) again(name string, profile scenario.Profile) string {
	if b.Again != nil {
		return b.Again(name, profile)
	}
	// Ginkgo looks for it in the suite's name and the spec's, one after the other.
	return fmt.Sprintf("go test -ginkgo.focus %s", quoted(" "+regexp.QuoteMeta(name)+"$"))
}

// quoted is text as a shell takes it.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
