package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Load reads the history at path. Anything that it does not understand, and anything that cannot have been, is an error
// that names the line: a history that is half understood must not be judged. A file of version 1 is brought to the current
// version; see [History.Sealed] for what it lacks.
func Load(path string) (*History, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("expected a history: %w", err)
	}
	defer file.Close() //nolint:errcheck // It was only read.
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("expected a history: %w", err)
	}
	history, err := read(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return history, nil
}

// Read reads a history; see [Load].
func Read(in io.Reader) (*History, error) { return read(in, 0) }

// read reads a history of so many bytes; zero if that is not known.
func read(in io.Reader, size int64) (*History, error) {
	r := reader{
		lines: bufio.NewReaderSize(in, 16<<10), size: size,
		names: names{}, sum: newChecksum(), history: &History{},
	}
	for {
		text, last, err := r.next()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", r.number, err)
		}
		if last && len(bytes.TrimSpace(text)) == 0 && (len(text) == 0 || !r.history.Sealed) {
			break
		}
		if err := r.parse(text); err != nil {
			if last && !json.Valid(text) {
				err = fmt.Errorf("%w (the file ends within this line: it is cut short)", err)
			}
			return nil, fmt.Errorf("line %d: %w", r.number, err)
		}
		if last {
			r.number++ // The end is where the next line would be.
			break
		}
	}
	if err := r.whole(); err != nil {
		return nil, err
	}
	return r.history, nil
}

// reader reads a history line by line.
type reader struct {
	lines *bufio.Reader
	long  []byte
	// number of the line that was read last, from 1, and how many bytes were read of how many.
	number       int
	passed, size int64

	names names
	sum   checksum
	// version is that of the file.
	version int
	history *History
}

// next reads a line with its newline, which is valid until the next one is read. last: the file ends with it.
func (r *reader) next() (text []byte, last bool, err error) {
	r.number++
	text, err = r.lines.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		r.long = r.long[:0]
		for ; errors.Is(err, bufio.ErrBufferFull); text, err = r.lines.ReadSlice('\n') {
			r.long = append(r.long, text...)
		}
		r.long = append(r.long, text...)
		text = r.long
	}
	r.passed += int64(len(text))
	if errors.Is(err, io.EOF) {
		return text, true, nil
	}
	return text, false, err
}

func (r *reader) parse(text []byte) error {
	facts := r.history.Facts
	switch {
	case len(facts) > 0 && facts[len(facts)-1].Kind == Ended:
		return fmt.Errorf("expected nothing after the fact %q%s", Ended, another(text))
	case len(bytes.TrimSpace(text)) == 0:
		return errors.New("expected a fact, got an empty line")
	case r.number == 1:
		return r.parseHeader(text)
	}
	var l line
	if err := decode(text, &l); err != nil {
		return fmt.Errorf("expected a fact%s: %w", another(text), err)
	}
	if err := l.validate(); err != nil {
		return err
	}
	if l.Seal != nil && (l.Kind != Ended || r.version < 2) {
		return fmt.Errorf("expected a seal in the fact %q of a history of version 2 only, got one in the %s fact of version %d", Ended, l.Kind, r.version)
	}
	r.names.share(&l.Fact)
	r.keep(l.Fact)
	if r.version < 2 {
		return present(text)
	}
	if l.Kind != Ended {
		_, _ = r.sum.Write(text) // A hash takes everything.
		return nil
	}
	if err := r.sum.verify(text, l.Seal, len(r.history.Facts)); err != nil {
		return err
	}
	r.history.Sealed = true
	return nil
}

// another says so if the line is a header: then two files have become one.
func another(text []byte) string {
	if bytes.HasPrefix(text, []byte(`{"format":`)) {
		return ", got the header of another history"
	}
	return ""
}

func (r *reader) parseHeader(text []byte) error {
	// The format and the version first and alone: a newer version may have fields that this one does not know.
	var first struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(text, &first); err != nil {
		return fmt.Errorf("expected the header of a history: %w", err)
	}
	if err := (Header{Format: first.Format, Version: first.Version}).readable(); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r.history.Header); err != nil {
		return fmt.Errorf("expected the header of a history: %w", err)
	}
	r.version = first.Version
	_, _ = r.sum.Write(text) // A hash takes everything.
	return r.history.Header.validate()
}

// keep appends a fact. Where the size of the file is known, room is made for as many as it will hold if they go on as
// those so far: to make room bit by bit would take twice the memory.
func (r *reader) keep(fact Fact) {
	facts := r.history.Facts
	const few = 1000
	if n := len(facts); n == cap(facts) && n >= few && r.passed < r.size {
		all := int64(n) * r.size / r.passed
		facts = slices.Grow(facts, int(all)-n+few)
	}
	facts = append(facts, fact)
	r.history.Facts = facts
}

// whole looks at the history as a whole, once it is read.
func (r *reader) whole() error {
	h := r.history
	lines := r.number - 1
	switch {
	case lines == 0:
		return errors.New("expected a history, got an empty file")
	case len(h.Facts) == 0 || h.Facts[len(h.Facts)-1].Kind != Ended:
		return fmt.Errorf("line %d: expected the fact %q at the end, got the end of the file: it is cut short", lines, Ended)
	}
	if r.version < Version {
		h.upgrade()
	}
	if err := h.consistent(); err != nil {
		return err
	}
	if r.version < Version {
		h.upgradeOrder()
	}
	return nil
}
