package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// History is a header and the facts, in the order of time.
type History struct {
	Header Header
	Facts  []Fact
}

// Sort puts the facts into the order of time. Facts of one moment keep the order in which they were recorded, and the
// end stays the end.
func (h *History) Sort() {
	slices.SortStableFunc(h.Facts, func(a, b Fact) int {
		if (a.Kind == Ended) != (b.Kind == Ended) {
			if a.Kind == Ended {
				return 1
			}
			return -1
		}
		return a.Time.Compare(b.Time)
	})
}

// Save writes the history to path, whole or not at all.
func (h *History) Save(path string) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("saving the history: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("saving the history: %w", err)
	}
	defer func() {
		if err != nil {
			_ = file.Close() // It may be closed already; what counts is that it is gone.
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if err := h.write(file); err != nil {
		return fmt.Errorf("saving the history: %w", err)
	}
	if err := file.Chmod(0o644); err != nil {
		return fmt.Errorf("saving the history: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("saving the history: %w", err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("saving the history: %w", err)
	}
	return nil
}

func (h *History) write(out io.Writer) error {
	buffered := bufio.NewWriter(out)
	encoder := json.NewEncoder(buffered)
	if err := encoder.Encode(h.Header); err != nil {
		return err
	}
	for _, fact := range h.Facts {
		if err := encoder.Encode(fact); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// Load reads the history at path. Anything that it does not understand is an error that names the line: a history that
// is half understood must not be judged.
func Load(path string) (*History, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("expected a history: %w", err)
	}
	defer file.Close() //nolint:errcheck // It was only read.
	history, err := Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return history, nil
}

// Read reads a history; see [Load].
func Read(in io.Reader) (*History, error) {
	lines := bufio.NewReader(in)
	history := &History{}
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			if errors.Is(err, io.EOF) {
				if err := history.whole(number - 1); err != nil {
					return nil, err
				}
				return history, nil
			}
			return nil, fmt.Errorf("line %d: expected a fact, got an empty line", number)
		}
		if parseErr := history.parse(number, line); parseErr != nil {
			if errors.Is(err, io.EOF) && !json.Valid(line) {
				parseErr = fmt.Errorf("%w (the file ends within this line: it is cut short)", parseErr)
			}
			return nil, fmt.Errorf("line %d: %w", number, parseErr)
		}
	}
}

func (h *History) parse(number int, line []byte) error {
	if number == 1 {
		// The format and the version first and alone: a newer version may have fields that this one does not know.
		var first struct {
			Format  string `json:"format"`
			Version int    `json:"version"`
		}
		if err := json.Unmarshal(line, &first); err != nil {
			return fmt.Errorf("expected the header of a history: %w", err)
		}
		if err := (Header{Format: first.Format, Version: first.Version}).readable(); err != nil {
			return err
		}
		if err := strictly(line, &h.Header); err != nil {
			return fmt.Errorf("expected the header of a history: %w", err)
		}
		return h.Header.validate()
	}
	if len(h.Facts) > 0 && h.Facts[len(h.Facts)-1].Kind == Ended {
		return fmt.Errorf("expected nothing after the fact %q", Ended)
	}
	var fact Fact
	if err := strictly(line, &fact); err != nil {
		return fmt.Errorf("expected a fact: %w", err)
	}
	if err := present(line); err != nil {
		return err
	}
	h.Facts = append(h.Facts, fact)
	return fact.validate()
}

// present names the field that is missing inside a fact. An absent field would be read as zero: a term, a holder or an
// exit code that nobody saw.
func present(line []byte) error {
	var inner struct {
		Lease, Exit, Fault map[string]json.RawMessage
	}
	if err := json.Unmarshal(line, &inner); err != nil {
		return fmt.Errorf("expected a fact: %w", err)
	}
	for _, part := range []struct {
		name   string
		got    map[string]json.RawMessage
		fields []string
	}{
		{"lease", inner.Lease, []string{"uid", "resourceVersion", "holder", "durationSeconds", "acquireTime", "renewTime", "transitions"}},
		{"exit", inner.Exit, []string{"code"}},
		{"fault", inner.Fault, []string{"id", "name"}},
	} {
		for _, field := range part.fields {
			if _, there := part.got[field]; part.got != nil && !there {
				return fmt.Errorf("expected %q in the fact's %s, got none", field, part.name)
			}
		}
	}
	return nil
}

func (h *History) whole(lines int) error {
	switch {
	case lines == 0:
		return errors.New("expected a history, got an empty file")
	case len(h.Facts) == 0 || h.Facts[len(h.Facts)-1].Kind != Ended:
		return fmt.Errorf("line %d: expected the fact %q at the end, got the end of the file: it is cut short", lines, Ended)
	}
	return nil
}

func strictly(line []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	// Not decoder.More, which takes a stray closing bracket for the end.
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON object on the line")
	}
	return nil
}
