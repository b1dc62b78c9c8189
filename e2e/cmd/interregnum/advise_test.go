package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/advise"
)

// What the README shows is what comes out.
func TestAdviseSaysWhatItsReadmeShows(t *testing.T) {
	g := NewWithT(t)
	readme, err := os.ReadFile(filepath.Join("..", "..", "advise", "README.md"))
	g.Expect(err).NotTo(HaveOccurred())
	shown := regexp.MustCompile("(?s)```\n\\$ interregnum (advise[^\n]*)\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	g.Expect(len(shown)).To(BeNumerically(">=", 4), "expected examples in e2e/advise/README.md")
	for _, example := range shown {
		out, errs, _ := said(t, strings.Fields(example[1])...)
		g.Expect(errs).To(BeEmpty())
		g.Expect(out).To(Equal(example[2]), "e2e/advise/README.md shows another output of interregnum %s", example[1])
	}
}

func TestAdviseTellsByItsExitCode(t *testing.T) {
	for args, code := range map[string]int{
		"advise":                                     exitHeld,
		"advise --late-answers":                      exitBroke,
		"advise --release-on-cancel":                 exitBroke,
		"advise --lease-duration 23s":                exitHeld,
		"advise --lease-duration 23s --late-answers": exitHeld,
		"advise --lease-duration 23s --late-answers --release-on-cancel":           exitBroke,
		"advise --lease-duration 6s --renew-deadline 5s --retry-period 4s":         exitBroke,
		"advise --max-interregnum 30s":                                             exitHeld,
		"advise --max-interregnum 2s":                                              exitBroke,
		"advise --max-interregnum 30s --late-answers --release-on-cancel":          exitBroke,
		"advise --release-on-cancel --lease-duration 13500ms --request-timeout 1s": exitBroke,
		"advise --release-on-cancel --lease-duration 14s --request-timeout 1s":     exitHeld,
	} {
		t.Run(args, func(t *testing.T) {
			out, errs, was := said(t, strings.Fields(args)...)
			NewWithT(t).Expect(was).To(Equal(code), out+errs)
		})
	}
}

func TestAdviseAsJSON(t *testing.T) {
	g := NewWithT(t)
	out, errs, code := said(t, "advise", "--release-on-cancel", "-o", "json")
	g.Expect(code).To(Equal(exitBroke), errs)
	var advice advise.Advice
	g.Expect(json.Unmarshal([]byte(out), &advice)).To(Succeed())
	g.Expect(advice.Safe).To(BeFalse())
	out, errs, code = said(t, "advise", "--max-interregnum", "5s", "-o", "json")
	g.Expect(code).To(Equal(exitHeld), errs)
	var reach advise.ReachData
	g.Expect(json.Unmarshal([]byte(out), &reach)).To(Succeed())
	g.Expect(reach.Reached).To(BeTrue())
}

func TestAdviseNamesWhatIsWrong(t *testing.T) {
	for args, says := range map[string]string{
		"advise --lease-duration soon":                  `invalid argument "soon" for "--lease-duration"`,
		"advise --lease-duration 10s":                   "expected --lease-duration (10s) above --renew-deadline (10s)",
		"advise --retry-period 9s":                      "expected --renew-deadline (10s) above 1.2 times --retry-period (9s)",
		"advise --retry-period -1s":                     "expected --retry-period above zero, got -1s",
		"advise --request-timeout 0s":                   "--request-timeout: expected a time above zero, got 0s",
		"advise --request-timeout -2s":                  "expected --request-timeout above zero, got -2s",
		"advise --replicas 0":                           "expected --replicas from 1 to 1000, got 0",
		"advise --max-interregnum 0s":                   "--max-interregnum: expected a time above zero, up to 1h0m0s, got 0s",
		"advise --max-interregnum 5s --retry-period 1s": "--retry-period: expected either timings or --max-interregnum",
		"advise -o yaml":                                `--output: expected text or json, got "yaml"`,
		"advise 15s":                                    `unknown command "15s"`,
	} {
		t.Run(args, func(t *testing.T) {
			out, errs, code := said(t, strings.Fields(args)...)
			g := NewWithT(t)
			g.Expect(code).To(Equal(exitUsage), out+errs)
			g.Expect(errs).To(ContainSubstring(says))
			g.Expect(out).To(BeEmpty())
		})
	}
}

// The schedule that the README of the advice names shows what it says: also a judge that knows nothing of advice sees it.
func TestALeaderWhoseAnswersAreLateOutlivesItsLease(t *testing.T) {
	g := NewWithT(t)
	schedule, err := filepath.Abs(filepath.Join("..", "..", "advise", "testdata", "late-answers.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	out, errs, code := said(t, "replay", schedule)
	g.Expect(code).To(Equal(exitBroke), out+errs)
	g.Expect(out).To(ContainSubstring("acted 6.809s after its last renewal, with a lease of 6s (by 809ms)"))
}
