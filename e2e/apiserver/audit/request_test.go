package audit

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	"k8s.io/utils/ptr"

	"github.com/interregnum/interregnum/e2e/history"
)

// told is a write in words.
func told(f history.Fact) string {
	const seconds = "05.000000"
	w := f.Write
	completed, said := "never", []string{}
	if w.Completed != nil {
		completed = w.Completed.Format(seconds)
	}
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	say("%s to %s %s: %s %s %s: %d, %s", f.Time.Format(seconds), completed, strings.TrimPrefix(w.User, "system:serviceaccount:"), w.Verb, w.Resource, w.Name, w.Code, w.Effect())
	if w.Revision != "" {
		say("as %s", w.Revision)
	}
	if w.Pod != "" || w.PodUID != "" {
		say("by the pod %s (%s)", w.Pod, w.PodUID)
	}
	if f.Item != "" {
		say("item %s", f.Item)
	}
	if f.Identity != "" || f.Term != nil {
		say("stamped by %s in %d", f.Identity, ptr.Deref(f.Term, -1))
	}
	if l := f.Lease; l != nil {
		say("lease %q as %q held by %s for %v since %s, renewed %s, %d", l.UID, l.ResourceVersion, l.Holder, l.Duration(), l.AcquireTime.Format(seconds), l.RenewTime.Format(seconds), l.Transitions)
	}
	return strings.Join(said, "; ")
}

func TestWhatWasRecorded(t *testing.T) {
	const byReplica = "by the pod replica-a (f0548a9c-20c3-4c98-b8d2-fd79af9a17fc)"
	const theLease = "236b95d6-337d-4674-a378-7ba915572b73"
	want := []string{
		"36.211630 to 36.291183 interregnum: create pods replica-a: 201, applied",
		"36.296334 to 36.336419 interregnum: create serviceaccounts/token controller: 201, applied",
		"36.339083 to 36.355862 interregnum: create configmaps one: 201, applied; as 210; item one",
		"36.376486 to 36.385899 " + here + ":controller: create leases.coordination.k8s.io my-controller-lock: 201, applied; as 211; " + byReplica + "; " +
			`lease "` + theLease + `" as "211" held by me for 15s since 05.678901, renewed 05.678901, 0`,
		"36.391654 to 36.405911 " + here + ":controller: update leases.coordination.k8s.io my-controller-lock: 200, applied; as 212; " + byReplica + "; " +
			`lease "` + theLease + `" as "212" held by me for 15s since 05.678901, renewed 07.678901, 0`,
		// Of a stale version: it is known what was asked for, but that never was a version.
		"36.413874 to 36.421298 " + here + ":controller: update leases.coordination.k8s.io my-controller-lock: 409, refused; " + byReplica + "; " +
			`lease "` + theLease + `" as "" held by me for 15s since 05.678901, renewed 09.678901, 0`,
		// A dry run came before this one.
		"36.432019 to 36.435838 " + here + ":controller: patch configmaps one: 200, applied; as 213; " + byReplica + "; item one; stamped by me in 7",
		"36.437099 to 36.437808 " + here + ":controller: delete leases.coordination.k8s.io my-controller-lock: 403, refused; " + byReplica,
		"36.438917 to 36.443261 interregnum: patch namespaces " + here + ": 200, applied",
		// Its author left.
		"36.730642 to 36.743508 interregnum: create configmaps item-0: 504, unknown",
		// Its API server was killed, which had not read yet what it was to make.
		"37.574081 to never interregnum: create configmaps : 0, unknown",
	}
	var got []string
	for _, fact := range read(t, recorded) {
		got = append(got, told(fact))
	}
	NewWithT(t).Expect(got).To(HaveExactElements(want))
}

// edited is what is told of one line of the recording, and of those before it, with a change.
func edited(t *testing.T, line int, old, replacement string) string {
	t.Helper()
	all := lines(recorded)
	NewWithT(t).Expect(string(all[line])).To(ContainSubstring(old))
	all[line] = bytes.Replace(all[line], []byte(old), []byte(replacement), 1)
	facts := read(t, all[:line+1]...)
	return told(facts[len(facts)-1])
}

func TestOtherAnswersToAStamp(t *testing.T) {
	const line = 15
	const asked = `"requestObject":{"metadata":{"annotations":{"interregnum.dev/processed-by":"me","interregnum.dev/processed-in-term":"7"}}}`
	for name, c := range map[string]struct {
		old, replacement string
		want             types.GomegaMatcher
	}{
		"the API server panicked": {
			`"code":200`, `"code":500`, ContainSubstring("36.435838 " + here + ":controller: patch configmaps one: 500, unknown"),
		},
		"it stopped serving without an answer": {
			`"code":200`, `"status":"Success","message":"Connection closed early","code":200`,
			ContainSubstring("36.432019 to never " + here + ":controller: patch configmaps one: 0, unknown"),
		},
		"the stamp was there before":  {asked, `"requestObject":{"metadata":{"labels":{"a":"b"}}}`, HaveSuffix("; item one")},
		"nobody knows what was asked": {asked + ",", "", HaveSuffix("; item one")},
		"it was asked for by a JSON patch": {
			asked, `"requestObject":[{"op":"add","path":"/metadata/annotations/interregnum.dev~1processed-by","value":"me"}]`,
			HaveSuffix("; item one; stamped by me in 7"),
		},
		"it was refused": {
			`"code":200},` + asked + `,"responseObject":{"kind":"ConfigMap"`, `"code":409},` + asked + `,"responseObject":{"kind":"Status","was":"ConfigMap"`,
			SatisfyAll(ContainSubstring("409, refused"), HaveSuffix("; item one; stamped by me in 7")),
		},
		"a term that is no number":            {`"interregnum.dev/processed-in-term":"7"}}},"requestReceived`, `"interregnum.dev/processed-in-term":"x"}}},"requestReceived`, HaveSuffix("; stamped by me in -1")},
		"an author who is two pods":           {`["replica-a"]`, `["replica-a","replica-b"]`, ContainSubstring("by the pod  (f0548a9c")},
		"it was of a subresource":             {`"resource":"configmaps"`, `"resource":"configmaps","subresource":"status"`, Not(ContainSubstring("item"))},
		"its answer is not in this namespace": {`"namespace":"` + here + `","name":"one","apiVersion"`, `"namespace":"another","name":"one","apiVersion"`, ContainSubstring("36.432019 to never")},
	} {
		t.Run(name, func(t *testing.T) { NewWithT(t).Expect(edited(t, line, c.old, c.replacement)).To(c.want) })
	}
}

func TestADryDeletionIsNone(t *testing.T) {
	const line = 17 // The deletion that was refused.
	const asked = `"responseStatus"`
	NewWithT(t).Expect(edited(t, line, asked, `"requestObject":{"kind":"DeleteOptions","apiVersion":"meta/v1","dryRun":["All"]},`+asked)).
		To(ContainSubstring("patch configmaps one"), "the write before it is the last one")
	NewWithT(t).Expect(edited(t, line, asked, `"requestObject":{"kind":"DeleteOptions","apiVersion":"meta/v1"},`+asked)).
		To(ContainSubstring("delete leases"))
}
