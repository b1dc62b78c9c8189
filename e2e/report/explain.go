package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
)

// Explain writes the verdict on a saved history out: the outcome, each guarantee with what contradicts it, the measured numbers,
// and where the history is.
func Explain(out io.Writer, saved *history.History, v invariant.Verdict, path string) error {
	h := saved.Header
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }

	line("%s: %s", v.Scenario, strings.ToUpper(string(v.Outcome)))
	line("  on %s (%s), profile %s", h.Cluster.Name, h.Cluster.Server, h.Profile)
	line("  of %s%s", h.Cluster.Binary.Path, libraries(h.Cluster.Binary))
	if before := h.Cluster.Before; before != nil {
		line("  rolled out over %s%s", before.Path, libraries(*before))
	}
	if bad := h.Unworkable; bad != nil {
		line("  given timings that cannot work: lease duration %v, renew deadline %v, retry period %v",
			bad.LeaseDuration.Duration, bad.RenewDeadline.Duration, bad.RetryPeriod.Duration)
	}
	line("  by %s", witnesses(h.Witnesses))
	for i, election := range h.Elections {
		if i > 0 {
			line("  and about the Lease %s, by %s", election.Lease, witnesses([]history.Witness{history.Writes}))
		}
	}
	if !saved.Sealed {
		line("  the file is of an older version and carries no checksum: whether it is as it was saved cannot be told")
	}
	for _, reason := range Reasons(v) {
		line("  inconclusive, because %s", reason)
	}
	for _, r := range v.Results {
		mark := "promised"
		if !r.Promised {
			mark = "measured"
		}
		line("  %-12s %-9s %s: %s", r.Outcome, mark, r.Guarantee.Name, r.Guarantee.Sentence)
		for _, breach := range most(r.Breaches) {
			line("    %s", strings.ReplaceAll(breach.String(), "\n", "\n  "))
		}
		if hidden := len(r.Breaches) - len(most(r.Breaches)); hidden > 0 {
			line("    … and %d more like these", hidden)
		}
	}
	for _, seen := range Seen(h.Witnesses) {
		line("  %s", seen)
	}
	m := v.Measures
	line("  %d acts in %d reigns; interregnum %s; takeover %s; overlap %s; last act of a lost reign %s before its lease ran out",
		m.Acts, m.Reigns, duration(m.Interregnum, m.Interregnum > 0), Judged(v, path).takeover(),
		duration(m.Overlap, m.Overlap > 0), duration(m.Margin, m.Lost))
	if m.StaleWrites > 0 {
		line("  %d writes of work items arrived when another replica had acted since, up to %s late: only fencing keeps them out", m.StaleWrites, duration(m.Stalest, true))
	}
	line("  history: %s", path)
	line("  look at it: interregnum show %s", path)
	line("  judge it again: interregnum judge %s (in a checkout: make check HISTORY=%s)", path, path)
	_, err := io.WriteString(out, text.String())
	return err
}

// witnesses tells what the acts are known from.
func witnesses(known []history.Witness) string {
	words := map[history.Witness]string{
		history.Journals: "the replicas' journals", history.Writes: "the API server's record of writes",
	}
	var told []string
	for _, w := range known {
		told = append(told, words[w])
	}
	if len(told) == 0 {
		return "witnesses that it does not name"
	}
	return strings.Join(told, " and ")
}

// most keeps a report readable where a guarantee is broken a hundred times over.
func most(breaches []invariant.Breach) []invariant.Breach {
	const few = 3
	return breaches[:min(few, len(breaches))]
}

func libraries(b history.Binary) string {
	if b.ControllerRuntime == "" && b.ClientGo == "" {
		return ""
	}
	return fmt.Sprintf(" (controller-runtime %s, client-go %s, %s)", b.ControllerRuntime, b.ClientGo, b.Go)
}
