package history

import (
	"encoding/json"
	"fmt"

	strict "github.com/go-json-experiment/json"
)

// line is what a line after the header holds.
type line struct {
	Fact
	Seal *seal `json:"seal,omitempty"`
}

// decode reads a line with one fact. Unlike encoding/json it takes no field twice, and none in other letters than it is written
// in (github.com/go-json-experiment/json, which is to become encoding/json/v2); and it is twice as fast, which histories of a
// million facts need.
func decode(text []byte, into *line) error {
	return strict.Unmarshal(text, into, strict.RejectUnknownMembers(true))
}

// needed are the fields that are read as zero where they are absent: a term, a holder or an exit code that nobody saw.
var needed = []struct {
	part   string
	fields []string
}{
	{"lease", []string{"uid", "resourceVersion", "holder", "durationSeconds", "acquireTime", "renewTime", "transitions"}},
	{"exit", []string{"code"}},
	{"fault", []string{"id", "name"}},
}

// present names the field that is missing inside a fact. A seal says as much, of a history that has one.
func present(text []byte) error {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		return err
	}
	for _, need := range needed {
		if parts[need.part] == nil {
			continue
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(parts[need.part], &fields); err != nil {
			return err
		}
		for _, field := range need.fields {
			if value, there := fields[field]; !there || string(value) == "null" {
				return fmt.Errorf("expected %q in the fact's %s, got none", field, need.part)
			}
		}
	}
	return nil
}

// names holds each string that comes again and again only once: a history of a million facts tells of few replicas.
type names map[string]string

func (n names) keep(strings ...*string) {
	for _, s := range strings {
		known, is := n[*s]
		if !is {
			known = *s
			n[known] = known
		}
		*s = known
	}
}

// share keeps the names in a fact.
func (n names) share(f *Fact) {
	n.keep((*string)(&f.Kind), &f.Replica, &f.Identity, &f.Item)
	if f.Lease != nil {
		n.keep(&f.Lease.UID, &f.Lease.Holder)
	}
	if f.Write != nil {
		n.keep(&f.Write.User, &f.Write.Pod, &f.Write.PodUID, &f.Write.Verb, &f.Write.Resource, &f.Write.Name)
	}
}
