package keeper

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	ctrl "sigs.k8s.io/controller-runtime"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/interregnum/interregnum/controller/journal"
)

// nowhere is an API server that nothing here asks anything of.
var nowhere = &rest.Config{Host: "http://127.0.0.1:1"}

func electing() ctrl.Options {
	return ctrl.Options{
		Logger: logr.Discard(), Metrics: metricsserver.Options{BindAddress: "0"},
		LeaderElection: true, LeaderElectionID: "lock", LeaderElectionNamespace: "somewhere",
	}
}

// taken is a lock of somebody's own making, which takes whatever is written.
type taken struct {
	resourcelock.Interface
	writes int
}

func (*taken) Identity() string { return "mine" }

func (l *taken) Create(context.Context, resourcelock.LeaderElectionRecord) error {
	l.writes++
	return nil
}

func (l *taken) Update(context.Context, resourcelock.LeaderElectionRecord) error {
	l.writes++
	return nil
}

func TestTheLockIsTheOneThatTheManagerWouldHaveMade(t *testing.T) {
	g := NewWithT(t)
	options := electing()
	k, err := New(nowhere, &options, &bytes.Buffer{})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(options.LeaderElectionResourceLockInterface.Describe()).To(Equal("somewhere/lock"))
	g.Expect(k.Identity()).To(Equal(options.LeaderElectionResourceLockInterface.Identity()))
	g.Expect(nowhere.Timeout).To(BeZero(), "the manager's own requests must not end with a renewal's timeout")

	options = electing()
	options.LeaderElectionID = ""
	_, err = New(nowhere, &options, &bytes.Buffer{})
	g.Expect(err).To(MatchError(And(ContainSubstring("making the Lease's lock"), ContainSubstring("LeaderElectionID"))))
}

func TestALockOfOnesOwnIsKept(t *testing.T) {
	g := NewWithT(t)
	own := &taken{}
	options := electing()
	options.LeaderElectionResourceLockInterface = own
	k, err := New(nowhere, &options, &bytes.Buffer{})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(k.Identity()).To(Equal("mine"))

	wrapped := options.LeaderElectionResourceLockInterface
	record := resourcelock.LeaderElectionRecord{HolderIdentity: "mine", LeaderTransitions: 7}
	g.Expect(wrapped.Create(t.Context(), record)).To(MatchError(ContainSubstring("expected Keeper.Join")))
	g.Expect(wrapped.Update(t.Context(), record)).To(MatchError(ContainSubstring("expected Keeper.Join")))
	g.Expect(own.writes).To(BeZero(), "who keeps no journal must not lead")

	manager, err := ctrl.NewManager(nowhere, options)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(k.Join(manager, Acts{Every: time.Second})).To(Succeed())
	g.Expect(wrapped.Create(t.Context(), record)).To(Succeed())
	g.Expect(k.term()).To(Equal(int64(7)))
	record.LeaderTransitions = 8
	g.Expect(wrapped.Update(t.Context(), record)).To(Succeed())
	g.Expect(k.term()).To(Equal(int64(8)))

	g.Expect(k.Join(manager, Acts{Every: time.Second})).To(MatchError(ContainSubstring("expected one manager")))
}

func TestWhoJoinsHasStarted(t *testing.T) {
	for name, election := range map[string]bool{"elected": true, "without election": false} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			options, out := electing(), &bytes.Buffer{}
			options.LeaderElection = election
			k, err := New(nowhere, &options, out)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(options.LeaderElectionResourceLockInterface != nil).To(Equal(election))
			manager, err := ctrl.NewManager(nowhere, options)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(out.String()).To(BeEmpty(), "a replica that could not be set up has not started")

			for _, wrong := range []Acts{{}, {Every: -time.Second}, {Every: time.Second, Drain: -1}} {
				g.Expect(k.Join(manager, wrong)).To(MatchError(ContainSubstring("expected a ")))
			}
			g.Expect(out.String()).To(BeEmpty())
			g.Expect(k.Join(manager, Acts{Every: time.Second})).To(Succeed())
			all := entries(t, out)
			g.Expect(all).To(HaveLen(1))
			g.Expect(all[0].Kind).To(Equal(journal.Started))
			g.Expect(all[0].Identity).To(Equal(k.Identity()))
			g.Expect(all[0].Term).To(BeNil())
		})
	}
}

func TestWithoutElectionIdentitiesDifferAllTheSame(t *testing.T) {
	g := NewWithT(t)
	seen := map[string]bool{}
	for range 3 {
		k, err := New(nowhere, &ctrl.Options{}, &bytes.Buffer{})
		g.Expect(err).NotTo(HaveOccurred())
		seen[k.Identity()] = true
	}
	g.Expect(seen).To(HaveLen(3))
}

func TestAStampSaysWhoAndInWhichTerm(t *testing.T) {
	k, _ := leading(4)
	item := &corev1.ConfigMap{}
	item.Annotations = map[string]string{"somebody's": "own"}
	k.Stamp(item)
	NewWithT(t).Expect(item.Annotations).To(Equal(map[string]string{
		"somebody's": "own", journal.ProcessedByAnnotation: "me", journal.ProcessedInTermAnnotation: "4",
	}))
}
