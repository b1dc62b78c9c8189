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
		"act-period": "1s", "journal": "-",
	}))
}

func TestOptionsThatCannotWorkAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no act period":        {[]string{"--act-period=0s"}, "--act-period above zero, got 0s"},
		"an election, no name": {[]string{"--enable-leader-election", "--leader-election-id="}, "expected --leader-election-id"},
		"invalid timings":      {[]string{"--lease-duration=5s"}, "--lease-duration (5s) above --renew-deadline (10s)"},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(parse(t, c.args).Validate()).To(MatchError(ContainSubstring(c.says)))
		})
	}
	NewWithT(t).Expect(parse(t, []string{"--leader-election-id="}).Validate()).To(Succeed(), "without an election the Lease needs no name")
}
