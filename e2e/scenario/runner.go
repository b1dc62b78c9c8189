package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Setting is where and how a scenario is run.
type Setting struct {
	Cluster  Cluster
	Observer *observe.Observer
	Subject  *subject.Subject
	Profile  Profile
	// History is the path to save the history at.
	History string
	// Log gets a line for each step; nil for none.
	Log func(format string, args ...any)
	// Unfit is told if the run shows that the subject cannot be judged as it is described, whatever the scenario; nil for none.
	Unfit func(error)
}

// unfit tells of an error, if it says that the subject cannot be judged as it is described.
func (s Setting) unfit(err error) {
	if why, is := errors.AsType[unfit](err); is && s.Unfit != nil {
		s.Unfit(why.error)
	}
}

// Skip returns the reason why a cluster cannot run the scenario with a subject, at a profile, or nil.
func (s Scenario) Skip(cluster Cluster, of *subject.Subject, profile Profile) error {
	for _, f := range s.Faults {
		if err := cluster.Can(f, of); err != nil {
			return fmt.Errorf("needs %q: %w", f, err)
		}
	}
	return s.Suits(of, profile)
}

// Suits returns nil if a subject can be run with whatever the scenario sets, else the reason why not. No cluster is needed to tell.
func (s Scenario) Suits(of *subject.Subject, profile Profile) error {
	if s.upgrades() && of.Before == nil {
		return fmt.Errorf("needs %q: there is one version of %s only (CONTROLLER_BEFORE names another, where real processes or pods run)", fault.Upgrade{}, of.Name)
	}
	if of.Supports == nil {
		return nil
	}
	if s.At != nil {
		profile = s.At(profile)
	}
	settings := s.settings(profile, of)
	if err := of.Supports(settings); err != nil {
		return err
	}
	for _, settings.Timings = range s.timings(profile) {
		if err := of.Supports(settings); err != nil {
			return err
		}
	}
	return nil
}

// cleanup is how long healing, collecting and the like may take once the steps are over, however they ended.
const cleanup = 30 * time.Second

// Run runs the scenario: start, act, inject, wait, heal, settle, collect, save, judge. Healing, stopping and saving happen
// whatever fails, also when the context ends. The error says that there is no verdict; the history is then saved as far as
// there is one.
func (s Scenario) Run(ctx context.Context, setting Setting) (invariant.Verdict, error) {
	ended, err := s.Play(ctx, setting)
	if err != nil {
		return invariant.Verdict{}, err
	}
	if err := ended.Save(setting.History); err != nil {
		return invariant.Verdict{}, err
	}
	// What is judged is the file, so that judging it again gives the same verdict.
	saved, err := history.Load(setting.History)
	if err != nil {
		return invariant.Verdict{}, err
	}
	return invariant.Judge(saved)
}

// Play is Run up to the history, which it returns without saving it: to save and to judge is left to the caller.
func (s Scenario) Play(ctx context.Context, setting Setting) (ended *history.History, err error) {
	if setting.Log == nil {
		setting.Log = func(string, ...any) {}
	}
	if s.At != nil {
		setting.Profile = s.At(setting.Profile)
	}
	defer func() { err = errors.Join(err, setting.Cluster.Close()) }()
	header := s.header(setting)
	if header.Expect.Promises == nil {
		return nil, fmt.Errorf("scenario %q promises nothing", s.Name)
	}

	s.play(ctx, setting, header)

	ended = &history.History{Header: header, Facts: setting.Observer.Seal()}
	if s.Drawn {
		ended.Facts = withoutIdleFaults(ended.Facts)
	}
	ended.Sort()
	return ended, nil
}

func (s Scenario) header(setting Setting) history.Header {
	replicas := s.Replicas
	if replicas == 0 {
		replicas = 3
	}
	var timings []history.Timings
	for _, t := range s.timings(setting.Profile) {
		if t := t.History(); !slices.Contains(timings, t) {
			timings = append(timings, t)
		}
	}
	settings := s.settings(setting.Profile, setting.Subject)
	header := history.Header{
		Format: history.Format, Version: history.Version,
		Scenario: s.Name, Profile: setting.Profile.Name, Began: time.Now().UTC(),
		Cluster: setting.Cluster.Describe(), Replicas: replicas,
		Timings: timings, ReleaseOnCancel: settings.ReleaseOnCancel,
		Drain:     metav1.Duration{Duration: settings.StopsWithin()},
		ActPeriod: metav1.Duration{Duration: setting.Profile.ActPeriod},
		// By default, often enough that some items are made in every interregnum, and seldom enough to be no load.
		WorkPeriod: metav1.Duration{Duration: cmp.Or(setting.Subject.Work.Every, timings[0].RetryPeriod.Duration)},
		Witnesses:  setting.Subject.Witnesses,
		Lease:      setting.Subject.Elections[0].Name,
		Elections:  setting.Subject.Histories(),
		Standbys:   setting.Subject.Standbys,
		Expect:     history.Expectation{Takeover: s.Takeover, Since: s.Since, MayLose: s.MayLose},
	}
	if !setting.Subject.Journals() {
		header.ActPeriod = header.WorkPeriod // Then work is what it acts on.
	}
	header.Cluster.Binary = setting.Subject.Binary
	if s.upgrades() {
		header.Cluster.Before = setting.Subject.Before
	}
	if s.Unworkable != nil {
		header.Unworkable = new(s.Unworkable(setting.Profile.Timings).History())
	}
	for _, promise := range s.Promises {
		header.Expect.Promises = append(header.Expect.Promises, promise.Name)
	}
	return header
}

// settings are what the replicas are deployed with.
func (s Scenario) settings(profile Profile, of *subject.Subject) subject.Settings {
	settings := subject.Settings{
		Timings: s.timings(profile)[0], ActPeriod: profile.ActPeriod, ReleaseOnCancel: s.ReleaseOnCancel || of.AlwaysReleases,
	}
	if s.Unworkable != nil {
		settings.Timings = s.Unworkable(profile.Timings)
	}
	if s.Drain != nil {
		settings.Drain = s.Drain(profile.Timings)
	}
	if s.Graceful != nil {
		settings.Graceful = s.Graceful(profile.Timings)
	}
	return settings
}

// play runs the steps, and records if they gave up.
func (s Scenario) play(ctx context.Context, setting Setting, header history.Header) {
	run := &Run{
		Profile: setting.Profile, cluster: setting.Cluster, observer: setting.Observer, subject: setting.Subject, settings: s.settings(setting.Profile, setting.Subject),
		bounds: invariant.NewBounds(header), timings: header.Timings, workPeriod: header.WorkPeriod.Duration, replicas: header.Replicas,
		folder: filepath.Dir(setting.History), log: setting.Log,
		faults: s.Faults, blocks: s.Blocks, hit: map[string]bool{},
	}
	err := run.play(ctx, s)
	if err != nil {
		setting.Log("gave up: %v", err)
		kind := history.GaveUp
		setting.unfit(err)
		if _, hindered := errors.AsType[hindrance](err); hindered || ctx.Err() != nil {
			kind = history.Hindered
		}
		setting.Observer.Record(history.Fact{Kind: kind, Text: err.Error()})
	}
	// Not with ctx: what was injected is healed also when the run was interrupted.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	for _, injection := range slices.Backward(run.injections) {
		if err := injection.heal(ctx); err != nil {
			setting.Observer.Record(history.Fact{Kind: history.GaveUp, Text: fmt.Sprintf("healing %q: %v", injection.fault, err)})
		}
	}
	if err := setting.Cluster.Collect(ctx); err != nil {
		setting.Observer.Record(history.Fact{Kind: history.Hindered, Text: fmt.Sprintf("collecting: %v", err)})
	}
	// Whether or not a step was waiting when it happened.
	if failed := setting.Observer.Err(); failed != nil {
		setting.unfit(failed)
		setting.Observer.Record(history.Fact{Kind: history.Hindered, Text: failed.Error()})
	}
	for _, injection := range run.injections {
		injection.collect(ctx)
	}
}

func (r *Run) play(ctx context.Context, s Scenario) (err error) {
	defer func() {
		switch caught := recover().(type) {
		case nil:
		case gaveUp:
			err = caught.why
		default:
			panic(caught)
		}
	}()
	r.observer.Record(history.Fact{Kind: history.Deployed, Replicas: r.replicas, Text: fmt.Sprintf("%d replicas", r.replicas)})
	deployment := subject.Deployment{Subject: r.subject, Replicas: r.replicas, Settings: r.settings, Before: s.upgrades()}
	if err := r.cluster.Deploy(ctx, deployment); err != nil {
		err = fmt.Errorf("deploying %d replicas: %w", r.replicas, err)
		if wrong(err) {
			err = unfit{err}
		}
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// What is there before the work may take as long to come as a leader, and a first act.
	r.work = makeWork(ctx, r.cluster, r.observer, r.workPeriod, 2*patience(r.bounds.Start()), func(err error) { cancel(hindrance{unfit{err}}) })
	defer r.work.stop()
	s.Steps(ctx, r)
	if s.Restless != "" {
		return nil
	}
	return r.settle(ctx)
}
