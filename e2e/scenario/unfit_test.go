package scenario_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

// odd is a cluster that works as it should, but for what a test makes odd.
type odd struct {
	*stub
	leases   []string
	makeWork func(item string) error
}

func (o odd) Leases(context.Context) ([]string, error) { return o.leases, nil }

func (o odd) MakeWork(ctx context.Context, name string) error {
	if o.makeWork != nil {
		if err := o.makeWork(name); err != nil {
			return err
		}
	}
	return o.stub.MakeWork(ctx, name)
}

// byWrites is a subject that is known by its writes alone.
func byWrites() *subject.Subject {
	return &subject.Subject{Name: "theirs", Elections: []subject.Election{{Name: "lock"}}, Witnesses: []history.Witness{history.Writes}}
}

// judged runs a scenario in which the leader is waited for, and then some time; it returns why the subject is unfit, and how long the
// run took.
func judged(t *testing.T, cluster scenario.Cluster, observer *observe.Observer, of *subject.Subject) (verdict invariant.Verdict, took time.Duration, unfit error) {
	t.Helper()
	began := time.Now()
	s := scenario.Scenario{
		Name: "test", Promises: []invariant.Guarantee{invariant.SomeoneLeads},
		Steps: func(ctx context.Context, run *scenario.Run) {
			run.AwaitLeader(ctx)
			run.Rest(ctx, 60)
		},
	}
	verdict, err := s.Run(t.Context(), scenario.Setting{
		Cluster: cluster, Observer: observer, Subject: of, Profile: scenario.Quick, History: t.TempDir() + "/history.jsonl",
		Unfit: func(why error) { unfit = why },
	})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return verdict, time.Since(began), unfit
}

func TestALeaseThatNeverAppearsIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		leases []string
		says   string
	}{
		"another is there":    {[]string{"other", "another"}, "the Lease lock was never there, but other, another"},
		"there is none there": {nil, "the Lease lock was never there, nor any other"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				cluster := newStub(observe.New())
				silent := broken{cluster, func(observer *observe.Observer) {
					observer.Record(history.Fact{Kind: history.Launched, Source: history.Source{Replica: "a", Start: 1}})
				}}
				verdict, took, unfit := judged(t, struct {
					broken
					scenario.Listing
				}{silent, odd{stub: cluster, leases: c.leases}}, cluster.observer, byWrites())
				g.Expect(verdict.Outcome).To(Equal(invariant.Inconclusive))
				g.Expect(unfit).To(MatchError(ContainSubstring(c.says)))
				g.Expect(took).To(BeNumerically("<", 30*time.Second))
			})
		})
	}
}

func TestALeaseOfAnotherDurationIsToldAtOnce(t *testing.T) {
	always := byWrites()
	always.Elections[0].Timings = &scenario.Quick.Timings
	for name, c := range map[string]struct {
		of      *subject.Subject
		seconds int32
		says    string
	}{
		"as given":                {byWrites(), 6, ""},
		"not as given":            {byWrites(), 15, "lock to last 6s, which the subject was given; a wrote one that lasts 15s: give $(LEASE_DURATION)"},
		"not as the file says it": {always, 15, "lock to last 6s, as the timings of the subject say (elections, timings); a wrote one that lasts 15s: say that"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				cluster := newStub(observe.New())
				cluster.leaseSeconds = c.seconds
				_, took, unfit := judged(t, cluster, cluster.observer, c.of)
				if c.says == "" {
					g.Expect(unfit).NotTo(HaveOccurred())
					return
				}
				g.Expect(unfit).To(MatchError(ContainSubstring(c.says)))
				g.Expect(took).To(BeNumerically("<", 10*time.Second))
			})
		})
	}
}

// What can never be made is told at once; what somebody refuses for long, after a while; and what faults do, not at all.
func TestAnItemThatCanNeverBeMadeIsTold(t *testing.T) {
	kind := schema.GroupKind{Group: "example.org", Kind: "Widget"}
	invalid := apierrors.NewInvalid(kind, "work-1", nil)
	missing := &meta.NoKindMatchError{GroupKind: kind}
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "widgets"}, "work-1", errors.New("exceeded quota"))
	refused := errors.New("connect: connection refused")
	busy := apierrors.NewTooManyRequests("later", 1)
	always := func(err error) func(string) error { return func(string) error { return err } }
	for name, c := range map[string]struct {
		makeWork func(string) error
		says     string
		within   time.Duration
	}{
		"invalid":                    {always(invalid), "work-1 never can", 5 * time.Second},
		"a bad request":              {always(apierrors.NewBadRequest("no")), "work-1 never can", 5 * time.Second},
		"no object":                  {always(fmt.Errorf("%w: no", subject.ErrRefused)), "work-1 never can", 5 * time.Second},
		"a kind that there is not":   {always(missing), "it has taken none for", time.Minute},
		"forbidden":                  {always(forbidden), "exceeded quota", time.Minute},
		"an error of the server's":   {always(apierrors.NewInternalError(errors.New("schema"))), "it has taken none for", time.Minute},
		"no answer":                  {always(refused), "", 0},
		"too busy":                   {always(busy), "", 0},
		"a kind that comes":          {until(5*time.Second, missing), "", 0},
		"answers between no answers": {alternating(forbidden, refused), "", 0},
		"not found, by another path": {always(apierrors.NewGenericServerResponse(http.StatusNotFound, "patch", schema.GroupResource{}, "", "", 0, true)), "it has taken none for", time.Minute},
		"an item that comes later": {func(name string) error {
			if name == "work-3" {
				return apierrors.NewInvalid(kind, name, nil)
			}
			return nil
		}, "work-3 never can", 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				cluster := newStub(observe.New())
				verdict, took, unfit := judged(t, odd{stub: cluster, makeWork: c.makeWork}, cluster.observer, tested)
				if c.says == "" {
					g.Expect(unfit).NotTo(HaveOccurred())
					g.Expect(verdict.Assumptions).NotTo(ContainElement(ContainSubstring("made")))
					return
				}
				g.Expect(unfit).To(MatchError(ContainSubstring(c.says)))
				g.Expect(verdict.Outcome).NotTo(Equal(invariant.Held))
				g.Expect(verdict.Assumptions).To(ContainElement(ContainSubstring(c.says)))
				g.Expect(took).To(BeNumerically("<", c.within))
			})
		})
	}
}

// until fails for so long.
func until(length time.Duration, err error) func(string) error {
	var began time.Time
	return func(string) error {
		if began.IsZero() {
			began = time.Now()
		}
		if time.Since(began) < length {
			return err
		}
		return nil
	}
}

// alternating fails with one after the other.
func alternating(errs ...error) func(string) error {
	at := 0
	return func(string) error {
		at++
		return errs[at%len(errs)]
	}
}
