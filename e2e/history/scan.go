package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// scanner reads the JSON of a fact in one pass. It is stricter than encoding/json, which takes a field twice, in any case
// of its letters, and null for everything; and several times as fast, which histories of a million facts need.
type scanner struct {
	rest []byte
	// names holds each string that comes again and again only once.
	names map[string]string
}

// field is one field of a JSON object that is read into a T.
type field[T any] struct {
	name string
	// needed: an absent field would be read as zero, for instance as a term that nobody saw.
	needed bool
	read   func(*scanner, *T) error
}

// object reads a JSON object with these fields and no others, each at most once.
func object[T any](s *scanner, into *T, what string, fields []field[T]) error {
	if !s.takes('{') {
		return fmt.Errorf("expected a JSON object, got %s", s.excerpt())
	}
	var seen uint64
	for next := 0; !s.takes('}'); {
		if seen != 0 && !s.takes(',') {
			return fmt.Errorf("expected a comma or the end of the object, got %s", s.excerpt())
		}
		name, err := s.raw()
		if err != nil {
			return err
		}
		// Mostly they come in the order in which they are written.
		at := -1
		for i := range fields {
			if which := (next + i) % len(fields); fields[which].name == string(name) {
				at = which
				break
			}
		}
		switch {
		case at < 0:
			return fmt.Errorf("unknown field %q", name)
		case seen&(1<<at) != 0:
			return fmt.Errorf("expected one %q, got two", name)
		case !s.takes(':'):
			return fmt.Errorf("expected a colon after %q, got %s", name, s.excerpt())
		}
		seen |= 1 << at
		next = at + 1
		if err := fields[at].read(s, into); err != nil {
			return fmt.Errorf("%s: %w", fields[at].name, err)
		}
	}
	for i := range fields {
		if fields[i].needed && seen&(1<<i) == 0 {
			return fmt.Errorf("expected %q in the fact's %s, got none", fields[i].name, what)
		}
	}
	return nil
}

// end says whether nothing follows but space.
func (s *scanner) end() error {
	if s.skip(); len(s.rest) > 0 {
		return errors.New("more than one JSON object on the line")
	}
	return nil
}

func (s *scanner) skip() {
	for len(s.rest) > 0 && (s.rest[0] == ' ' || s.rest[0] == '\n' || s.rest[0] == '\r' || s.rest[0] == '\t') {
		s.rest = s.rest[1:]
	}
}

func (s *scanner) takes(char byte) bool {
	s.skip()
	if len(s.rest) == 0 || s.rest[0] != char {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// excerpt is where the scanner stands, for an error.
func (s *scanner) excerpt() string {
	const most = 30
	switch {
	case len(s.rest) == 0:
		return "the end of the line"
	case len(s.rest) > most:
		return fmt.Sprintf("%q…", s.rest[:most])
	}
	return fmt.Sprintf("%q", s.rest)
}

// raw reads a string; what it returns may be a part of the line.
func (s *scanner) raw() ([]byte, error) {
	s.skip()
	if len(s.rest) == 0 || s.rest[0] != '"' {
		return nil, fmt.Errorf("expected a string, got %s", s.excerpt())
	}
	for i := 1; i < len(s.rest); i++ {
		switch char := s.rest[i]; {
		case char == '"':
			text := s.rest[1:i]
			s.rest = s.rest[i+1:]
			return text, nil
		case char == '\\', char < ' ', char >= utf8.RuneSelf:
			return s.unusual(i)
		}
	}
	return nil, fmt.Errorf("expected the end of a string, got the end of the line in %s", s.excerpt())
}

// unusual reads a string that holds more than plain ASCII, from the given place on.
func (s *scanner) unusual(from int) ([]byte, error) {
	for i := from; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case '"':
			quoted := s.rest[:i+1]
			var text string
			if err := json.Unmarshal(quoted, &text); err != nil {
				return nil, fmt.Errorf("expected a string, got %s: %w", s.excerpt(), err)
			}
			// encoding/json puts a replacement in their place, and so would tell what the file does not.
			if !utf8.Valid(quoted) {
				return nil, fmt.Errorf("expected a string in UTF-8, got %s", s.excerpt())
			}
			s.rest = s.rest[i+1:]
			return []byte(text), nil
		}
	}
	return nil, fmt.Errorf("expected the end of a string, got the end of the line in %s", s.excerpt())
}

// text reads a string that is unlike others.
func (s *scanner) text(into *string) error {
	raw, err := s.raw()
	*into = string(raw)
	return err
}

// name reads a string of a kind that comes often.
func (s *scanner) name(into *string) error {
	raw, err := s.raw()
	if err != nil {
		return err
	}
	known, is := s.names[string(raw)]
	if !is {
		known = string(raw)
		s.names[known] = known
	}
	*into = known
	return nil
}

func (s *scanner) flag(into *bool) error {
	s.skip()
	rest, is := bytes.CutPrefix(s.rest, []byte("true"))
	if *into = is; !is {
		if rest, is = bytes.CutPrefix(s.rest, []byte("false")); !is {
			return fmt.Errorf("expected true or false, got %s", s.excerpt())
		}
	}
	s.rest = rest
	return nil
}

// number reads an integer.
func number[T int | int32 | int64](s *scanner, into *T) error {
	s.skip()
	length := 0
	for length < len(s.rest) && (s.rest[length] == '-' || s.rest[length] >= '0' && s.rest[length] <= '9') {
		length++
	}
	digits := bytes.TrimPrefix(s.rest[:length], []byte("-"))
	if len(digits) == 0 || len(digits) > 1 && digits[0] == '0' {
		return fmt.Errorf("expected an integer, got %s", s.excerpt())
	}
	value, err := strconv.ParseInt(string(s.rest[:length]), 10, 64)
	if err != nil || int64(T(value)) != value {
		return fmt.Errorf("expected an integer of the size of an %T, got %s", *into, s.excerpt())
	}
	*into = T(value)
	s.rest = s.rest[length:]
	return nil
}

func (s *scanner) time(into *time.Time) error {
	raw, err := s.raw()
	if err != nil {
		return err
	}
	if err := into.UnmarshalText(raw); err != nil {
		return fmt.Errorf("expected a time (RFC 3339), got %q: %w", raw, err)
	}
	return nil
}

func (s *scanner) duration(into *metav1.Duration) error {
	raw, err := s.raw()
	if err != nil {
		return err
	}
	length, err := time.ParseDuration(string(raw))
	if err != nil {
		return fmt.Errorf("expected a duration such as \"1.5s\", got %q: %w", raw, err)
	}
	into.Duration = length
	return nil
}
