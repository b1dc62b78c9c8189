package scenario_test

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/scenario"
	"github.com/interregnum/interregnum/e2e/subject"
)

// What a rollout brings must work, be safe, and differ so much from what it takes away that a standby which goes by its own timings
// cannot be mistaken for one that is right, whenever it looks: on a cluster that is given as much as envtest is.
func TestWhatARolloutBringsDiffersEnough(t *testing.T) {
	const allowance, start = 6 * time.Second, 4 * time.Second
	looks := func(t subject.Timings) time.Duration { return time.Duration(2.2 * float64(t.RetryPeriod)) }
	for _, profile := range scenario.Profiles {
		for _, s := range scenario.Catalogue {
			if s.Timings == nil {
				continue
			}
			g := NewWithT(t)
			all := s.Timings(profile)
			g.Expect(len(all)).To(BeNumerically(">", 1), s.Name)
			for i, now := range all {
				g.Expect(controller.Timings(now).Validate()).To(Succeed())
				g.Expect(controller.Timings(now).Warnings(false)).To(BeEmpty())
				if i == 0 {
					continue
				}
				before := all[i-1]
				if now.LeaseDuration < before.LeaseDuration {
					// It comes before the holder's lease has run out, also if it was started when the holder had gone.
					latest := start + looks(now) + now.LeaseDuration + looks(now)
					g.Expect(latest).To(BeNumerically("<", before.LeaseDuration), "%s, %s", profile.Name, s.Name)
				} else if i == len(all)-1 {
					// It comes after the bound for the holder's lease.
					g.Expect(now.LeaseDuration).To(BeNumerically(">", before.LeaseDuration+2*looks(now)+allowance), "%s, %s", profile.Name, s.Name)
				}
			}
		}
	}
}

func TestTimingsThatMustBeRefused(t *testing.T) {
	refused := 0
	for _, s := range scenario.Catalogue {
		if s.Unworkable == nil {
			continue
		}
		refused++
		for _, profile := range scenario.Profiles {
			NewWithT(t).Expect(controller.Timings(s.Unworkable(profile.Timings)).Validate()).NotTo(Succeed(), "%s, %s", profile.Name, s.Name)
		}
	}
	NewWithT(t).Expect(refused).To(Equal(5))
}

// What the replicas are given is in the header, and so is what every bound is computed from.
func TestTheHeaderTellsOfTheTimings(t *testing.T) {
	run := func(s scenario.Scenario) (history.Header, subject.Settings) {
		path := filepath.Join(t.TempDir(), "history.jsonl")
		var deployed subject.Settings
		synctest.Test(t, func(t *testing.T) {
			cluster := newStub(observe.New())
			s.Steps = func(context.Context, *scenario.Run) {}
			_, err := s.Run(t.Context(), scenario.Setting{Cluster: cluster, Observer: cluster.observer, Subject: tested, Profile: scenario.Quick, History: path})
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
			deployed = cluster.deployed
		})
		saved, err := history.Load(path)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return saved.Header, deployed
	}
	find := func(name string) scenario.Scenario {
		chosen, _, err := scenario.Known().Select(name)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return chosen[0]
	}
	quick := scenario.Quick.Timings

	g := NewWithT(t)
	header, deployed := run(find("timings rolled out and back"))
	g.Expect(header.Timings).To(HaveLen(2), "each once")
	g.Expect(header.Timings[0].LeaseDuration.Duration).To(Equal(quick.LeaseDuration))
	g.Expect(deployed.Timings).To(Equal(quick))

	header, deployed = run(find("rollout that shortens the timings"))
	g.Expect(header.Timings[0].LeaseDuration.Duration).To(Equal(3 * quick.LeaseDuration))
	g.Expect(header.WorkPeriod).To(Equal(header.Timings[0].RetryPeriod))
	g.Expect(deployed.LeaseDuration).To(Equal(3 * quick.LeaseDuration))
	g.Expect(header.Unworkable).To(BeNil())
}
