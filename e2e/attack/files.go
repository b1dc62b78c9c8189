package attack

import (
	"bytes"
	"math/rand/v2"
	"slices"
)

// text is a saved file.
type text struct {
	content []byte
	// lines with their newlines.
	lines  [][]byte
	random *rand.Rand
}

func newText(content []byte, random *rand.Rand) *text {
	return &text{content: content, lines: slices.Collect(bytes.Lines(content)), random: random}
}

func (t *text) line() int { return t.random.IntN(len(t.lines)) }

// join makes the file of the lines.
func (t *text) join() bool {
	t.content = bytes.Join(t.lines, nil)
	return true
}

// files: damage to a file that was saved. Whatever it is, the reader must refuse the file.
var files = []Kind{
	damage("a line is lost", func(t *text) bool {
		at := t.line()
		t.lines = slices.Delete(t.lines, at, at+1)
		return t.join()
	}),
	damage("lines are lost", func(t *text) bool {
		from := t.line()
		t.lines = slices.Delete(t.lines, from, from+1+t.random.IntN(len(t.lines)-from))
		return t.join()
	}),
	damage("every second line is lost", func(t *text) bool {
		var kept [][]byte
		for i, line := range t.lines {
			if i%2 == 0 || i == len(t.lines)-1 {
				kept = append(kept, line)
			}
		}
		t.lines = kept
		return t.join()
	}),
	damage("a line stands twice", func(t *text) bool {
		at := t.line()
		t.lines = slices.Insert(t.lines, at, t.lines[at])
		return t.join()
	}),
	damage("two lines are swapped", func(t *text) bool {
		a, b := t.line(), t.line()
		t.lines[a], t.lines[b] = t.lines[b], t.lines[a]
		return t.join()
	}),
	damage("a line is moved", func(t *text) bool {
		from := t.line()
		line := t.lines[from]
		t.lines = slices.Delete(t.lines, from, from+1)
		t.lines = slices.Insert(t.lines, t.random.IntN(len(t.lines)+1), line)
		return t.join()
	}),
	damage("a digit is another", func(t *text) bool {
		return t.replace(func(b byte) bool { return '0' <= b && b <= '9' }, func() byte { return byte('0' + t.random.IntN(10)) })
	}),
	damage("a letter is another", func(t *text) bool {
		return t.replace(func(b byte) bool { return 'a' <= b && b <= 'z' }, func() byte { return byte('a' + t.random.IntN(26)) })
	}),
	damage("a bit is flipped", func(t *text) bool {
		at := t.random.IntN(len(t.content))
		t.content = bytes.Clone(t.content)
		t.content[at] ^= 1 << t.random.IntN(8)
		return true
	}),
	damage("a byte is lost", func(t *text) bool {
		at := t.random.IntN(len(t.content))
		t.content = slices.Delete(bytes.Clone(t.content), at, at+1)
		return true
	}),
	damage("a byte too many", func(t *text) bool {
		at := t.random.IntN(len(t.content) + 1)
		t.content = slices.Insert(bytes.Clone(t.content), at, byte(t.random.IntN(256)))
		return true
	}),
	damage("the file is cut", func(t *text) bool {
		t.content = t.content[:t.random.IntN(len(t.content))]
		return true
	}),
	damage("the last newline is lost", func(t *text) bool {
		t.content = bytes.TrimSuffix(t.content, []byte("\n"))
		return true
	}),
	damage("the beginning is lost", func(t *text) bool {
		t.content = t.content[1+t.random.IntN(len(t.content)-1):]
		return true
	}),
	damage("a second run is appended", func(t *text) bool {
		t.content = slices.Concat(t.content, t.content)
		return true
	}),
	damage("a fact is appended", func(t *text) bool {
		t.lines = append(t.lines, t.lines[1+t.random.IntN(len(t.lines)-1)])
		return t.join()
	}),
	damage("an empty line", func(t *text) bool {
		t.lines = slices.Insert(t.lines, t.random.IntN(len(t.lines)+1), []byte("\n"))
		return t.join()
	}),
	damage("newlines of another system", func(t *text) bool {
		t.content = bytes.ReplaceAll(t.content, []byte("\n"), []byte("\r\n"))
		return true
	}),
}

func (t *text) replace(which func(byte) bool, by func() byte) bool {
	for range 100 {
		at := t.random.IntN(len(t.content))
		if which(t.content[at]) {
			t.content = bytes.Clone(t.content)
			t.content[at] = by()
			return true
		}
	}
	return false
}

func damage(name string, file func(*text) bool) Kind {
	return Kind{Name: name, Must: Refused, Why: "What was saved is what must be read.", file: file}
}
