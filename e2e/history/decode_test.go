package history

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// Each field of the types is read, under the name that it is written by.
func TestTheFieldsAreThoseOfTheTypes(t *testing.T) {
	for _, c := range []struct {
		of   any
		read []string
	}{
		{struct {
			Fact
			Seal *seal `json:"seal"`
		}{}, names(lineFields)},
		{Exit{}, names(exitFields)},
		{Lease{}, names(leaseFields)},
		{Fault{}, names(faultFields)},
		{Write{}, names(writeFields)},
		{seal{}, names(sealFields)},
	} {
		NewWithT(t).Expect(c.read).To(Equal(tags(reflect.TypeOf(c.of))), "%T", c.of)
	}
}

func names[T any](fields []field[T]) (names []string) {
	for _, f := range fields {
		names = append(names, f.name)
	}
	return names
}

// tags are the names that encoding/json writes the fields of a struct by.
func tags(of reflect.Type) (names []string) {
	for f := range of.Fields() {
		if f.Anonymous {
			names = append(names, tags(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// FuzzLine holds the scanner to encoding/json: what it takes for a fact, encoding/json takes for the same fact; and what
// encoding/json writes, it reads.
func FuzzLine(f *testing.F) {
	for _, seed := range []string{
		`{"time":"2026-11-22T13:00:00.123456789Z","kind":"acted","replica":"a","start":1,"identity":"a_1","term":4}`,
		`{"time":"2026-11-22T13:00:00+01:00","kind":"made","item":"w\u00f6rk-\ud83d\ude00 \"1\" \\"}`,
		` { "kind" : "exited" , "exit" : { "code" : -1 , "signal":"SIGTERM","error":""} } `,
		`{"kind":"lease","lease":{"uid":"u","resourceVersion":"7","holder":"","durationSeconds":15,"acquireTime":"2026-11-22T13:00:00Z","renewTime":"0001-01-01T00:00:00Z","transitions":-0,"gap":true}}`,
		`{"fault":{"id":1,"name":"slow","healable":true,"blocks":false,"delay":"1.5s","touched":9223372036854775807,"passed":-9223372036854775808}}`,
		`{"write":{"user":"u","pod":"p","podUID":"i","verb":"update","resource":"configmaps","name":"n","completed":"2026-11-22T13:00:00Z","code":200,"revision":"9"}}`,
		`{"replicas":3,"by":"-50ms","text":"é\t\n","signal":"SIGKILL"}`,
		`{"term":9223372036854775808}`, `{"term":1e3}`, `{"term":-}`, `{"text":"\x00"}`, `{"text":"\ud800"}`, `{,}`, `{"start":1,}`, `{}{}`, `null`, `[`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		g := NewWithT(t)
		s := scanner{names: map[string]string{}}
		var got line
		if err := s.read(bytes.Clone(text), &got); err != nil || got.seal != nil {
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		var want Fact
		g.Expect(decoder.Decode(&want)).To(Succeed())
		g.Expect(json.Valid(text)).To(BeTrue())
		g.Expect(got.fact).To(Equal(want))

		written, err := json.Marshal(want)
		if err != nil {
			return // JSON has no words for some times that it reads.
		}
		var again line
		g.Expect(s.read(written, &again)).To(Succeed())
		rewritten, err := json.Marshal(again.fact)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(rewritten).To(Equal(written))
	})
}
