package history_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
)

// refused loads a damaged history, and expects an error that names the file and says all of this, and nothing to judge.
func refused(t *testing.T, content string, says ...string) {
	t.Helper()
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "history.jsonl")
	g.Expect(os.WriteFile(path, []byte(content), 0o644)).To(Succeed())
	loaded, err := history.Load(path)
	g.Expect(err).To(MatchError(HavePrefix(path + ": ")))
	for _, words := range says {
		g.Expect(err).To(MatchError(ContainSubstring(words)))
	}
	g.Expect(loaded).To(BeNil())

	// Whoever reads it without a file gets nothing to judge either.
	read, err := history.Read(strings.NewReader(content))
	g.Expect(err).To(HaveOccurred())
	g.Expect(read).To(BeNil())
}

func TestDamageIsRefusedWithItsLine(t *testing.T) {
	whole := lines(t)
	last := len(whole) - 1
	old := older(t, whole)
	// with puts something in the place of a line, numbered as in a file, from 1.
	with := func(number int, line string) string {
		changed := append([]string{}, whole...)
		changed[number-1] = line
		return strings.Join(changed, "")
	}
	// edited changes words in a line.
	edited := func(number int, from, to string) string {
		NewWithT(t).Expect(whole[number-1]).To(ContainSubstring(from))
		return with(number, strings.Replace(whole[number-1], from, to, 1))
	}

	for name, damage := range map[string]struct {
		content string
		says    []string
	}{
		"an empty file":                     {"", []string{"expected a history, got an empty file"}},
		"only spaces":                       {"  ", []string{"expected a history, got an empty file"}},
		"an empty first line":               {"\n" + strings.Join(whole, ""), []string{"line 1:", "empty line"}},
		"only a header":                     {whole[0], []string{"line 1:", `expected the fact "ended"`, "cut short"}},
		"half a header":                     {whole[0][:len(whole[0])/2], []string{"line 1:", "expected the header", "cut short"}},
		"no header":                         {strings.Join(whole[1:], ""), []string{"line 1:", `expected a header with the format "interregnum/history", got ""`}},
		"not JSON at all":                   {"I am not JSON\n", []string{"line 1:", "expected the header of a history"}},
		"another format":                    {edited(1, `"interregnum/history"`, `"jepsen/history"`), []string{"line 1:", `got "jepsen/history"`}},
		"no version":                        {edited(1, `"version":2,`, ``), []string{"line 1:", "expected a version from 1 to 2, got 0"}},
		"a version below the first":         {edited(1, `"version":2`, `"version":-1`), []string{"line 1:", "got -1"}},
		"a newer version":                   {edited(1, `"version":2`, `"version":3`), []string{"line 1:", "version 3", "reads up to 2", "use a newer interregnum"}},
		"a newer version with new fields":   {edited(1, `"version":2`, `"version":3,"moon":"full"`), []string{"line 1:", "version 3", "use a newer interregnum"}},
		"a newer version with other fields": {edited(1, `"version":2`, `"version":7,"timings":"fast"`), []string{"line 1:", "version 7", "use a newer interregnum"}},
		"an unknown field in the header":    {edited(1, `"version":2`, `"version":2,"moon":"full"`), []string{"line 1:", `unknown field "moon"`}},
		"two headers on a line":             {with(1, strings.TrimSpace(whole[0])+whole[0]), []string{"line 1:", "expected the header"}},
		"two headers":                       {whole[0] + strings.Join(whole, ""), []string{"line 2:", "expected a fact, got the header of another history"}},
		"a second run behind the first":     {strings.Join(whole, "") + strings.Join(whole, ""), []string{"line 23:", `expected nothing after the fact "ended", got the header of another history`}},
		"a line that is not JSON":           {with(6, "I am not JSON\n"), []string{"line 6:", "expected a fact"}},
		"a line that is no object":          {with(6, "7\n"), []string{"line 6:", "expected a fact"}},
		"nothing in the place of a fact":    {with(6, "null\n"), []string{"line 6:", `unknown kind of fact ""`}},
		"an empty object":                   {with(6, "{}\n"), []string{"line 6:", "unknown kind"}},
		"an unknown field":                  {edited(6, `"kind"`, `"moon":"full","kind"`), []string{"line 6:", `unknown object member name "moon"`}},
		"an unknown field in a lease":       {edited(5, `"holder"`, `"moon":"full","holder"`), []string{"line 5:", `unknown object member name "moon"`}},
		"an unknown kind":                   {edited(6, `"elected"`, `"crowned"`), []string{"line 6:", `unknown kind of fact "crowned"`}},
		"a value of another type":           {edited(6, `"term":4`, `"term":"four"`), []string{"line 6:", "term"}},
		"a field twice":                     {edited(6, `"kind"`, `"term":5,"kind"`), []string{"line 6:", `duplicate object member name "term"`}},
		"a field in other letters":          {edited(6, `"kind"`, `"Kind"`), []string{"line 6:", `unknown object member name "Kind"`}},
		"null in the place of a value":      {edited(6, `"term":4`, `"term":null`), []string{"line 6:", "expected a term in the elected fact"}},
		// The library says "cannot" or "unable to", as it pleases, so that nobody relies on its words.
		"a fraction":                         {edited(6, `"term":4`, `"term":4.5`), []string{"line 6:", `unmarshal JSON number 4.5 into Go int64 within "/term"`}},
		"an octal number":                    {edited(6, `"term":4`, `"term":04`), []string{"line 6:", "invalid character '4'"}},
		"a number that is too large":         {edited(5, `"durationSeconds":15`, `"durationSeconds":4294967311`), []string{"line 5:", "into Go int32"}},
		"a text that is not UTF-8":           {edited(6, `"a_1"`, "\"\xff_1\""), []string{"line 6:", "UTF-8"}},
		"a duration that is none":            {edited(12, `"1.5s"`, `"soon"`), []string{"line 12:", "invalid duration"}},
		"a flag that is none":                {edited(5, `"gap":true`, `"gap":1`), []string{"line 5:", "into Go bool"}},
		"a time that is none":                {edited(6, `"time":"2026-`, `"time":"soon-`), []string{"line 6:", "expected a fact"}},
		"two facts on a line":                {with(6, strings.TrimSpace(whole[5])+whole[5]), []string{"line 6:", "after top-level value"}},
		"a stray closing brace":              {with(6, strings.TrimSpace(whole[5])+"}\n"), []string{"line 6:", "after top-level value"}},
		"a stray closing bracket":            {with(6, strings.TrimSpace(whole[5])+"]\n"), []string{"line 6:", "after top-level value"}},
		"a stray word":                       {with(6, strings.TrimSpace(whole[5])+" x\n"), []string{"line 6:", "after top-level value"}},
		"a blank line in the middle":         {with(6, "\n"), []string{"line 6:", "empty line"}},
		"a blank line before the end":        {with(last+1, "\n"+whole[last]), []string{"line 22:", "empty line"}},
		"a line split in two":                {with(6, whole[5][:30]+"\n"+whole[5][30:]), []string{"line 6:", "expected a fact"}},
		"a fact after the end":               {strings.Join(whole, "") + whole[5], []string{"line 23:", `expected nothing after the fact "ended"`}},
		"an end after the end":               {strings.Join(whole, "") + whole[last], []string{"line 23:", `expected nothing after the fact "ended"`}},
		"an end at once, and another":        {old[0] + old[last] + old[last], []string{"line 3:", `expected nothing after the fact "ended"`}},
		"an end in the middle":               {with(6, whole[last]), []string{"line 6:", "expected 21 facts, got 5: lines were lost"}},
		"an end in the middle of an old one": {strings.Join(old[:6], "") + old[last] + strings.Join(old[7:], ""), []string{"line 8:", `expected nothing after the fact "ended"`}},
		"no end of an old one":               {strings.Join(old[:last], ""), []string{"line 21:", `expected the fact "ended" at the end`, "cut short"}},
		"no end":                             {strings.Join(whole[:last], ""), []string{"line 21:", `expected the fact "ended" at the end`, "cut short"}},
	} {
		t.Run(name, func(t *testing.T) { refused(t, damage.content, damage.says...) })
	}
}

func TestACutIsNeverTakenForAWholeHistory(t *testing.T) {
	sealed := lines(t)
	for name, content := range map[string]string{
		"sealed":  strings.Join(sealed, ""),
		"version": strings.TrimSuffix(strings.Join(older(t, sealed), ""), "\n"), // Its last newline held nothing, and editors take it away.
	} {
		for length := range len(content) {
			read, err := history.Read(strings.NewReader(content[:length]))
			if err == nil || read != nil {
				t.Fatalf("%s: cut after %d of %d bytes: expected an error and no history, got %v and %+v", name, length, len(content), err, read)
			}
			if length > 0 && !regexp.MustCompile(`^line \d+: .*cut short`).MatchString(err.Error()) {
				t.Fatalf("%s: cut after %d of %d bytes: expected the line, and that it is cut short, got %q", name, length, len(content), err)
			}
		}
		_, err := history.Read(strings.NewReader(content))
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
	}
}

func TestOnlyACutIsCalledACut(t *testing.T) {
	g := NewWithT(t)
	whole := lines(t)
	_, err := history.Read(strings.NewReader(whole[0] + `{"time":"2026-11-22T13:00:00Z","kind":"crowned"}`))
	g.Expect(err).To(MatchError(ContainSubstring("unknown kind")))
	g.Expect(err).NotTo(MatchError(ContainSubstring("cut short")))

	_, err = history.Read(strings.NewReader(whole[0] + "{\n" + whole[21]))
	g.Expect(err).To(MatchError(ContainSubstring("line 2: expected a fact")))
	g.Expect(err).NotTo(MatchError(ContainSubstring("cut short")))
}

func TestAFailureToReadIsAnErrorWithItsLine(t *testing.T) {
	g := NewWithT(t)
	errDisk := errors.New("the disk is on fire")
	read, err := history.Read(io.MultiReader(strings.NewReader(strings.Join(lines(t)[:5], "")), iotest.ErrReader(errDisk)))
	g.Expect(err).To(MatchError(errDisk))
	g.Expect(err).To(MatchError(HavePrefix("line 6: ")))
	g.Expect(read).To(BeNil())
}

func TestEveryFactNeedsItsFields(t *testing.T) {
	whole := older(t, lines(t))
	header, end := whole[0], whole[21]
	replica, leader := `"replica":"a","start":1`, `"replica":"a","start":1,"identity":"a_1"`
	lease := `"uid":"u","resourceVersion":"7","holder":"a_1","durationSeconds":15,"acquireTime":"2026-11-22T13:00:00Z","renewTime":"2026-11-22T13:00:00Z","transitions":4`
	without := func(fields, field string) string {
		return strings.Trim(regexp.MustCompile(`"`+field+`":("[^"]*"|\d+),?`).ReplaceAllString(fields, ""), ",")
	}

	type row struct{ kind, fields, says string }
	rows := []row{
		{"launched", `"start":1`, "a replica and its start"},
		{"launched", `"replica":"a"`, "a replica and its start"},
		{"launched", `"replica":"a","start":-1`, "a replica and its start"},
		{"signalled", `"signal":"SIGTERM"`, "a replica and its start"},
		{"signalled", replica, "a signal"},
		{"exited", `"exit":{"code":1}`, "a replica and its start"},
		{"exited", replica, "an exit"},
		{"exited", replica + `,"exit":{}`, `"code"`},
		{"retired", ``, "a replica"},
		{"started", `"identity":"a_1"`, "a replica and its start"},
		{"started", replica, "an identity"},
		{"elected", `"identity":"a_1","term":0`, "a replica and its start"},
		{"elected", replica + `,"term":0`, "an identity"},
		{"elected", leader, "a term"},
		{"acted", `"identity":"a_1","term":0`, "a replica and its start"},
		{"acted", replica + `,"term":0`, "an identity"},
		{"acted", leader, "a term"},
		{"processed", `"identity":"a_1","term":0,"item":"work-1"`, "a replica and its start"},
		{"processed", replica + `,"term":0,"item":"work-1"`, "an identity"},
		{"processed", leader + `,"item":"work-1"`, "a term"},
		{"processed", leader + `,"term":0`, "an item"},
		{"stopped", `"identity":"a_1"`, "a replica and its start"},
		{"stopped", replica, "an identity"},
		{"lease", ``, "a lease"},
		{"made", ``, "an item"},
		{"stamped", `"identity":"a_1"`, "an item"},
		{"wrote", ``, "a request with its user, verb and resource"},
		{"wrote", `"write":{"user":"u","verb":"","resource":"configmaps"}`, "a request with its user, verb and resource"},
		{"wrote", `"write":{"user":"u","verb":"update","resource":""}`, "a request with its user, verb and resource"},
		{"wrote", `"write":{"verb":"update","resource":"configmaps"}`, "a request with its user, verb and resource"},
		{"wrote", `"write":{"user":"u","resource":"configmaps"}`, "a request with its user, verb and resource"},
		{"wrote", `"write":{"user":"u","verb":"update"}`, "a request with its user, verb and resource"},
		{"clock-stepped", ``, "by how much the clock was set"},
		{"injected", ``, "a fault with an id"},
		{"injected", `"fault":{"id":0,"name":"kill"}`, "a fault with an id"},
		{"injected", `"fault":{"name":"kill"}`, "a fault with an id"},
		{"injected", `"fault":{"id":1}`, `"name"`},
		{"healed", ``, "a fault with an id"},
		{"evidence", ``, "a fault with an id"},
		{"gave-up", ``, "the step that did not end"},
		{"hindered", ``, "what hindered the harness"},
	}
	// An absent field would be taken for zero: a term, a duration or a holder that nobody saw.
	for _, field := range []string{"uid", "resourceVersion", "holder", "durationSeconds", "acquireTime", "renewTime", "transitions"} {
		rows = append(rows, row{"lease", `"lease":{` + without(lease, field) + `}`, `"` + field + `"`})
	}
	for _, r := range rows {
		t.Run(r.kind+" without "+r.says, func(t *testing.T) {
			line := `{"time":"2026-11-22T13:00:00Z","kind":"` + r.kind + `"`
			if r.fields != "" {
				line += "," + r.fields
			}
			refused(t, header+line+"}\n"+end, "line 2:", "expected", r.says)
		})
	}
	// No kind does without a time.
	for _, line := range whole[1:] {
		kind := regexp.MustCompile(`"kind":"[a-z-]+"`).FindString(line)
		t.Run("no time and "+kind, func(t *testing.T) {
			refused(t, header+without(line, "time")+end, "line 2:", "expected a time")
		})
	}
	// And the rows fail for what they lack, not for how they are written.
	t.Run("a lease with all its fields", func(t *testing.T) {
		_, err := history.Read(strings.NewReader(header + `{"time":"2026-11-22T13:00:00Z","kind":"lease","lease":{` + lease + "}}\n" + end))
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
	})
}

func TestTheHeaderIsValidated(t *testing.T) {
	whole := lines(t)
	for name, c := range map[string]struct{ from, to, says string }{
		"no beginning":                {`"began":"2026-11-22T13:00:00Z",`, ``, "expected when the run began"},
		"no replicas":                 {`"replicas":3`, `"replicas":0`, "expected one replica or more in the header, got 0"},
		"replicas below zero":         {`"replicas":3`, `"replicas":-3`, "expected one replica or more in the header, got -3"},
		"an allowance of an hour":     {`"allowance":"1s"`, `"allowance":"1h"`, "at most 1m0s, which no cluster comes near; got 1ms and 1h0m0s"},
		"clocks an hour apart":        {`"clockUncertainty":"1ms"`, `"clockUncertainty":"1h"`, "at most 1m0s, which no cluster comes near; got 1h0m0s and 1s"},
		"no timings":                  {`"timings":[{"leaseDuration":"15s","renewDeadline":"10s","retryPeriod":"2s"}]`, `"timings":[]`, "expected timings"},
		"a lease duration of zero":    {`"leaseDuration":"15s"`, `"leaseDuration":"0s"`, "timings above zero"},
		"a renew deadline below zero": {`"renewDeadline":"10s"`, `"renewDeadline":"-1s"`, "timings above zero"},
		"no retry period":             {`,"retryPeriod":"2s"`, ``, "timings above zero"},
		"a clock uncertainty below 0": {`"clockUncertainty":"1ms"`, `"clockUncertainty":"-1ms"`, "no negative clock uncertainty"},
		"an allowance below zero":     {`"allowance":"1s"`, `"allowance":"-1s"`, "no negative clock uncertainty or allowance"},
		"a drain of an hour":          {`"actPeriod":"500ms"`, `"drain":"1h","actPeriod":"500ms"`, "a drain from zero to 10m0s, got 1h0m0s"},
		"a drain below zero":          {`"actPeriod":"500ms"`, `"drain":"-1s","actPeriod":"500ms"`, "a drain from zero to 10m0s, got -1s"},
		"timings to be refused that work": {`"unworkable":{"leaseDuration":"-1s","renewDeadline":"0s","retryPeriod":"0s"}`,
			`"unworkable":{"leaseDuration":"6s","renewDeadline":"3s","retryPeriod":"1s"}`, "expected timings that cannot work"},
		"an act period of zero":        {`"actPeriod":"500ms"`, `"actPeriod":"0s"`, "act period above zero"},
		"an unknown takeover":          {`"takeover":"expiry"`, `"takeover":"revolt"`, `unknown takeover "revolt"`},
		"an unknown since":             {`"since":"heal"`, `"since":"always"`, `unknown since "always"`},
		"a takeover without its since": {`,"since":"heal"`, ``, `unknown since ""`},
		"a since without a takeover":   {`"takeover":"expiry",`, ``, `unknown since "heal"`},
		"a duration that is a number":  {`"allowance":"1s"`, `"allowance":1`, "expected the header"},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(whole[0]).To(ContainSubstring(c.from))
			refused(t, strings.Replace(strings.Join(whole, ""), c.from, c.to, 1), "line 1:", c.says)
		})
	}
}
