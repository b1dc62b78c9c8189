package observe_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
)

var life = history.Source{Replica: "a", Start: 2}

func TestAJournalInPiecesOfAnySize(t *testing.T) {
	var written bytes.Buffer
	writer := journal.NewWriter(&written)
	for _, entry := range []journal.Entry{
		{Kind: journal.Started, Identity: "me"},
		{Kind: journal.Elected, Identity: "me", Term: new(int64(3))},
		{Kind: journal.Acted, Identity: "me", Term: new(int64(3))},
		{Kind: journal.Processed, Identity: "me", Term: new(int64(3)), Item: "work-ü"},
		{Kind: journal.Stopped, Identity: "me", Term: new(int64(3))},
	} {
		NewWithT(t).Expect(writer.Write(entry)).To(Succeed())
	}
	for size := 1; size <= written.Len(); size++ {
		o := observe.New()
		to := o.Journal(life)
		for rest := written.Bytes(); len(rest) > 0; rest = rest[min(size, len(rest)):] {
			n, err := to.Write(rest[:min(size, len(rest))])
			NewWithT(t).Expect(n, err).To(Equal(min(size, len(rest))))
		}
		facts := o.Facts()
		g := NewWithT(t)
		g.Expect(o.Err()).NotTo(HaveOccurred())
		g.Expect(facts).To(HaveLen(5), "pieces of %d", size)
		for i, kind := range []history.Kind{history.Started, history.Elected, history.Acted, history.Processed, history.Stopped} {
			g.Expect(facts[i].Kind).To(Equal(kind))
			g.Expect(facts[i].Source).To(Equal(life))
			g.Expect(facts[i].Identity).To(Equal("me"))
			g.Expect(facts[i].Time).To(BeTemporally("~", time.Now(), time.Minute))
		}
		g.Expect(facts[3].Item).To(Equal("work-ü"))
		g.Expect(*facts[4].Term).To(Equal(int64(3)))
	}
}

const good = `{"time":"2026-11-22T13:00:00Z","kind":"started","identity":"me"}` + "\n"

func TestABrokenLineFailsTheObserver(t *testing.T) {
	for name, c := range map[string]struct {
		text, says string
	}{
		"not JSON":            {good + "I am not JSON\n", "line 2"},
		"an empty line":       {good + good + "\n", "line 3"},
		"an unknown kind":     {`{"time":"2026-11-22T13:00:00Z","kind":"reigned","identity":"me"}` + "\n", `got "reigned"`},
		"torn, then more":     {`{"time":"2026-11-22T13:00:00Z","kin` + good, "line 1"},
		"two on a line":       {strings.TrimSuffix(good, "\n") + good, "one JSON object"},
		"a line without end":  {good + strings.Repeat("x", 100<<10), "line 2: expected an entry on a line of its own"},
		"no end, then an end": {strings.Repeat("x", 100<<10) + "\n" + good, "line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1 + len(c.text)/300, 7 + len(c.text)/40, len(c.text)} {
				o := observe.New()
				to := o.Journal(life)
				for rest := []byte(c.text); len(rest) > 0; rest = rest[min(size, len(rest)):] {
					_, err := to.Write(rest[:min(size, len(rest))])
					NewWithT(t).Expect(err).NotTo(HaveOccurred(), "a failure is the observer's, not the writer's")
				}
				NewWithT(t).Expect(o.Err()).To(MatchError(And(
					ContainSubstring("the journal of a (start 2) is broken at line"), ContainSubstring(c.says))))
			}
		})
	}
}

// A replica that is killed in the middle of a line has not lived to say it.
func TestATornLastLineIsIgnored(t *testing.T) {
	for torn := range len(good) {
		o := observe.New()
		_, err := fmt.Fprint(o.Journal(life), good+good[:torn])
		g := NewWithT(t)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(o.Err()).NotTo(HaveOccurred())
		g.Expect(o.Facts()).To(HaveLen(1))
	}
}
