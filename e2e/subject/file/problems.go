package file

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/interregnum/interregnum/e2e/yamlline"
)

// problems are what is wrong with a file: all of it, so that nobody has to try again for each.
type problems struct {
	path string
	root *yaml.Node
	errs []error
}

// at adds one about a field, which is found by its path: names of fields, and numbers of entries in lists.
func (p *problems) at(field []any, format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("%s:%d: %s: %s", p.path, yamlline.Of(p.root, field...), dotted(field), fmt.Sprintf(format, args...)))
}

func (p *problems) err() error { return errors.Join(p.errs...) }

// dotted is how people write such a path.
func dotted(field []any) string {
	var text strings.Builder
	for _, part := range field {
		switch part := part.(type) {
		case int:
			fmt.Fprintf(&text, "[%d]", part)
		default:
			if text.Len() > 0 {
				text.WriteByte('.')
			}
			fmt.Fprint(&text, part)
		}
	}
	return text.String()
}

var unmarshalError = regexp.MustCompile(`^line (\d+): (.*)$`)

var unknownField = regexp.MustCompile(`^field (\S+) not found in type file\.(\S+)$`)

// decoding tells what a decoder says, line by line, in our words.
func (p *problems) decoding(err error) {
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) {
		said := strings.TrimPrefix(err.Error(), "yaml: ")
		line := 1
		if parts := unmarshalError.FindStringSubmatch(said); parts != nil {
			line, _ = strconv.Atoi(parts[1])
			said = parts[2]
		}
		p.errs = append(p.errs, fmt.Errorf("%s:%d: expected YAML: %s", p.path, line, said))
		return
	}
	for _, said := range wrong.Errors {
		parts := unmarshalError.FindStringSubmatch(said)
		if parts == nil {
			p.errs = append(p.errs, fmt.Errorf("%s: %s", p.path, said))
			continue
		}
		text := parts[2]
		if unknown := unknownField.FindStringSubmatch(text); unknown != nil {
			text = fmt.Sprintf("unknown field %s: expected one of %s", unknown[1], strings.Join(fields[unknown[2]], ", "))
		}
		p.errs = append(p.errs, fmt.Errorf("%s:%s: %s", p.path, parts[1], text))
	}
}

// fields are the names of those of each part of a file, as an error lists them.
var fields = map[string][]string{
	"document":     {"apiVersion", "kind", "name", "elections", "witnesses", "process", "pods", "account", "objects", "clusterWide", "releaseOnCancel", "work", "standbys", "known"},
	"election":     {"namespace", "name", "timings", "writes"},
	"timings":      {"leaseDuration", "renewDeadline", "retryPeriod"},
	"pods":         {"manifests", "kustomization", "workload", "container", "image", "binary"},
	"process":      {"binary", "args", "env", "asPod"},
	"work":         {"every", "template", "resource", "done"},
	"writePattern": {"verb", "resource"},
	"known":        {"scenario", "breaks", "sometimes", "why"},
}

// oneOf adds a problem, if a value is none of those.
func (p *problems) oneOf(field []any, value string, known ...string) {
	if !slices.Contains(known, value) {
		p.at(field, "expected %s, got %q", strings.Join(known, " or "), value)
	}
}
