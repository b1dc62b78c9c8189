package controller_test

import (
	"flag"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/controller"
)

func parse(t *testing.T, args []string) controller.Options {
	t.Helper()
	options := controller.DefaultOptions()
	flags := flag.NewFlagSet(t.Name(), flag.ContinueOnError)
	options.AddFlags(flags)
	NewWithT(t).Expect(flags.Parse(args)).To(Succeed())
	return options
}

func TestArgsSetTheOptionsThatTheyCameFrom(t *testing.T) {
	for name, options := range map[string]controller.Options{
		"the defaults": controller.DefaultOptions(),
		"nothing":      {},
		"everything": {
			Timings: controller.Timings{LeaseDuration: 6 * time.Second, RenewDeadline: 3500 * time.Millisecond, RetryPeriod: time.Second},

			MetricsBindAddress: "0", HealthProbeBindAddress: "127.0.0.1:0",
			EnableLeaderElection: true, LeaderElectionID: "a lock", LeaderElectionNamespace: "some-where", ReleaseOnCancel: true,
			GracefulShutdownTimeout: -time.Second, Drain: 8 * time.Second,
			ActPeriod: 50 * time.Millisecond, Journal: "/some where/journal=1.jsonl",
		},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(parse(t, options.Args())).To(Equal(options))
		})
	}
}

// The flags are a contract: other binaries take the manager's place.
func TestTheFlagsHaveTheirNamesAndDefaults(t *testing.T) {
	options := controller.DefaultOptions()
	flags := flag.NewFlagSet(t.Name(), flag.ContinueOnError)
	options.AddFlags(flags)
	defaults := map[string]string{}
	flags.VisitAll(func(f *flag.Flag) { defaults[f.Name] = f.DefValue })
	NewWithT(t).Expect(defaults).To(Equal(map[string]string{
		"metrics-bind-address": ":8080", "health-probe-bind-address": ":8081",
		"enable-leader-election": "false", "leader-election-id": "my-controller-lock", "leader-election-namespace": "",
		"lease-duration": "15s", "renew-deadline": "10s", "retry-period": "2s", "release-on-cancel": "false",
		"graceful-shutdown-timeout": "30s", "drain": "0s",
		"act-period": "1s", "journal": "-",
	}))
}

func TestOptionsThatCannotWorkAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no act period":        {[]string{"--act-period=0s"}, "--act-period above zero, got 0s"},
		"a drain below zero":   {[]string{"--drain=-1s"}, "--drain from zero, got -1s"},
		"an election, no name": {[]string{"--enable-leader-election", "--leader-election-id="}, "expected --leader-election-id"},
		"invalid timings":      {[]string{"--lease-duration=5s"}, "--lease-duration (5s) above --renew-deadline (10s)"},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(parse(t, c.args).Validate()).To(MatchError(ContainSubstring(c.says)))
		})
	}
	NewWithT(t).Expect(parse(t, []string{"--leader-election-id="}).Validate()).To(Succeed(), "without an election the Lease needs no name")
}

// A binary that is older than these two flags can still be run, where nobody asks for what they do.
func TestTheLaterFlagsAreGivenOnlyWhereTheySaySomething(t *testing.T) {
	g := NewWithT(t)
	later := Or(HavePrefix("--drain"), HavePrefix("--graceful-shutdown-timeout"))
	g.Expect(controller.DefaultOptions().Args()).NotTo(ContainElement(later))
	options := controller.DefaultOptions()
	options.Drain, options.GracefulShutdownTimeout = time.Second, 0
	g.Expect(options.Args()).To(ContainElements("--drain=1s", "--graceful-shutdown-timeout=0s"))
}

func TestALeaderStopsWhenItsWorkHasOrItsManagerWaitsNoLonger(t *testing.T) {
	for name, c := range map[string]struct{ drain, graceful, within time.Duration }{
		"nothing to drain":                 {0, 30 * time.Second, 0},
		"work that stops in time":          {8 * time.Second, 30 * time.Second, 8 * time.Second},
		"work that takes longer":           {8 * time.Second, 2 * time.Second, 2 * time.Second},
		"a manager that does not wait":     {8 * time.Second, 0, 0},
		"a manager that waits without end": {8 * time.Second, -1, 8 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			options := controller.Options{Drain: c.drain, GracefulShutdownTimeout: c.graceful}
			NewWithT(t).Expect(options.StopsWithin()).To(Equal(c.within))
		})
	}
}
