package explore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/interregnum/interregnum/e2e/yamlline"
)

// Load reads a schedule from a file. Everything that is wrong with it is an error that names the line, and what was expected.
func Load(path string) (Schedule, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Schedule{}, fmt.Errorf("expected a schedule: %w", err)
	}
	s, err := Parse(content)
	if err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Parse reads a schedule; see [Load].
func Parse(content []byte) (Schedule, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(content, &root); err != nil {
		return Schedule{}, fmt.Errorf("expected a schedule in YAML: %w", err)
	}
	// The format and the version first and alone: another version may have other fields.
	var first struct {
		Format  string `yaml:"format"`
		Version int    `yaml:"version"`
	}
	err := root.Decode(&first)
	if len(root.Content) == 0 || err != nil || first.Format != Format {
		return Schedule{}, fmt.Errorf("line 1: expected a schedule, with the format %q, got %q", Format, first.Format)
	}
	if first.Version != Version {
		return Schedule{}, fmt.Errorf("line %d: expected version %d of a schedule, got %d: another interregnum wrote it", yamlline.Of(&root, "version"), Version, first.Version)
	}
	var s Schedule
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&s); err != nil {
		return Schedule{}, understood(err)
	}
	if err := decoder.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return Schedule{}, errors.New("expected one schedule in a file, got more behind it")
	}
	if wrong := s.wrong(); wrong != nil {
		return Schedule{}, fmt.Errorf("line %d: %w", yamlline.Of(&root, wrong.at...), wrong)
	}
	return s, nil
}

var unknownField = regexp.MustCompile(`field (\S+) not found in type \S+`)

// understood says what a decoder says in fewer words.
func understood(err error) error {
	if wrong, is := errors.AsType[*yaml.TypeError](err); is {
		return errors.New(unknownField.ReplaceAllString(wrong.Errors[0], "unknown field $1"))
	}
	return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
}

// Bytes is the schedule as a file has it. Above says in words what it is about; empty for nothing.
func (s Schedule) Bytes(above string) ([]byte, error) {
	var out bytes.Buffer
	for line := range strings.Lines(above) {
		out.WriteString(strings.TrimRight("# "+strings.TrimRight(line, "\n"), " ") + "\n")
	}
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(s), encoder.Close()); err != nil {
		return nil, fmt.Errorf("writing a schedule: %w", err)
	}
	return out.Bytes(), nil
}
