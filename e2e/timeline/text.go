package timeline

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// columns is how wide what is written for a terminal is.
const columns = 80

// nameColumns is how much of that the names of lanes take.
const nameColumns = 11

// Text draws the run in lines of text, for where there are no pictures: a terminal, a log, a summary.
func (t *Timeline) Text() string {
	var text strings.Builder
	line := func(name string, cells []rune) {
		text.WriteString(strings.TrimRight(fmt.Sprintf("%-*s%s", nameColumns, clip(name, nameColumns-1), string(cells)), " ") + "\n")
	}
	line("", t.ruler())
	for _, l := range t.Lanes {
		switch l.Kind {
		case Faults:
			for row := range l.Rows - len(t.Brackets) {
				if !slices.ContainsFunc(l.Spans, func(s Span) bool { return s.Row == row }) {
					continue
				}
				cells := t.blank()
				for _, s := range l.Spans {
					if s.Row == row {
						t.fill(cells, s.From, s.To, '▒')
						words := clip(s.Label, max(t.column(s.To)-t.column(s.From)-1, len(strings.SplitN(s.Label, " ", 2)[0])+1))
						t.write(cells, t.column(s.From), "▒"+strings.TrimSuffix(words, "…"))
					}
				}
				line(l.Name, cells)
			}
		case Lease:
			line(l.Name, t.holders(l))
		case Replica:
			line(l.Name, t.doings(l))
		default: // What cannot be told from another in a line of text is left to the page.
		}
	}
	if len(t.Breaches) > 0 && t.Breaches[0].Promised && len(t.Breaches[0].Facts) > 0 {
		cells := t.blank()
		for _, f := range t.Breaches[0].Facts {
			cells[t.column(t.Facts[f].At)] = '↑'
		}
		line("broken", cells)
	}
	text.WriteString("█ acts  ░ leads, and is silent  ─ standby  ═ holds the Lease  · it ran out\n× exited  ▒ fault\n")
	return text.String()
}

func (t *Timeline) blank() []rune { return slices.Repeat([]rune{' '}, columns-nameColumns-2) }

func (t *Timeline) column(at time.Duration) int {
	n := columns - nameColumns - 2
	return min(max(int(float64(at)/float64(max(t.Length, 1))*float64(n)), 0), n-1)
}

func (t *Timeline) fill(cells []rune, from, to time.Duration, with rune) {
	for i := t.column(from); i <= t.column(max(from, to-1)); i++ {
		cells[i] = with
	}
}

// write puts words over cells, as far as there is room.
func (t *Timeline) write(cells []rune, at int, words string) {
	for i, letter := range []rune(printable(words)) {
		if at+i < len(cells) {
			cells[at+i] = letter
		}
	}
}

func (t *Timeline) ruler() []rune {
	cells := t.blank()
	step := time.Duration(niceStep(float64(max(t.Length, 1)) / 6))
	for at := time.Duration(0); at <= t.Length; at += step {
		if words := fmt.Sprintf("%gs", at.Seconds()); t.column(at)+len(words) <= len(cells) {
			t.write(cells, t.column(at), words)
		}
	}
	return cells
}

func (t *Timeline) holders(l Lane) []rune {
	cells := t.blank()
	for _, s := range l.Spans {
		if s.Row > 0 {
			continue
		}
		with := map[State]rune{Held: '═', Expired: '·', Free: ' '}[s.State]
		t.fill(cells, s.From, s.To, with)
		if name, _, is := strings.Cut(s.Label, ","); is && s.State == Held && t.column(s.To)-t.column(s.From) > len([]rune(name)) {
			t.write(cells, t.column(s.From), name)
		}
	}
	return cells
}

// doings are what a replica did. What counts more is written over what counts less.
func (t *Timeline) doings(l Lane) []rune {
	cells := t.blank()
	for _, state := range []State{Starting, Standby, Leading, Silent} {
		for _, s := range l.Spans {
			if s.State == state {
				t.fill(cells, s.From, s.To, map[State]rune{Starting: '·', Standby: '─', Leading: '░', Silent: '░'}[state])
			}
		}
	}
	for i := range t.Facts {
		if f := &t.Facts[i]; f.Actor == l.Actor && f.Mark == Tick {
			cells[t.column(f.At)] = '█'
		}
	}
	for i := range t.Facts {
		if f := &t.Facts[i]; f.Actor == l.Actor && f.Mark == Exit {
			cells[t.column(f.At)] = '×'
		}
	}
	return cells
}

// Failure tells, in a screen of 80 columns, what of a run that did not hold is to be known first: what contradicts a promise, by
// what facts, and by how much; or why nobody can tell. It is no more than that: the page has the rest.
func (t *Timeline) Failure() string {
	var text strings.Builder
	text.WriteString(wrapped("", fmt.Sprintf("%s: %s", t.Scenario, strings.ToUpper(string(t.Outcome)))))
	text.WriteString(wrapped("  ", t.Where))
	switch {
	case len(t.Reasons) > 0:
		for i, reason := range t.Reasons {
			if i == 4 {
				fmt.Fprintf(&text, "  and for %d more reasons\n", len(t.Reasons)-i)
				break
			}
			text.WriteString(wrapped("  ", "because "+reason))
		}
	case len(t.Breaches) > 0 && t.Breaches[0].Promised:
		t.first(&text)
	}
	text.WriteString("\n" + indented(t.Text()))
	return text.String()
}

func (t *Timeline) first(text *strings.Builder) {
	first := t.Breaches[0]
	text.WriteString("\n" + wrapped("  ", fmt.Sprintf("promised: %s (%s)", first.Sentence, first.Guarantee)))
	by := ""
	if first.By > 0 {
		by = ", by " + seconds(first.By)
	}
	text.WriteString(wrapped("  ", "but "+first.Text+by+":"))
	for _, f := range first.Facts {
		text.WriteString(wrapped("    ", fmt.Sprintf("%9s  %s", seconds(t.Facts[f].At), t.Facts[f].Words)))
	}
	more := map[string]int{}
	var names []string
	for _, b := range t.Breaches[1:] {
		if !b.Promised {
			continue
		}
		if more[b.Guarantee] == 0 {
			names = append(names, b.Guarantee)
		}
		more[b.Guarantee]++
	}
	if len(names) > 0 {
		for i, name := range names {
			if more[name] > 1 {
				names[i] = fmt.Sprintf("%s (%d times)", name, more[name])
			}
		}
		text.WriteString(wrapped("  ", "later it broke also: "+strings.Join(names, ", ")))
	}
}

func indented(text string) string {
	var all strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			all.WriteString("  ")
		}
		all.WriteString(line)
	}
	return all.String()
}

// wrapped breaks a text into lines that are no wider than a terminal, each with an indent. A word that is wider stays whole, so that
// it can be copied; and what could steer a terminal is left out.
func wrapped(indent, text string) string {
	var all strings.Builder
	line := indent
	for i, word := range strings.Split(printable(text), " ") {
		if i > 0 && len([]rune(line))+1+len([]rune(word)) > columns && strings.TrimSpace(line) != "" {
			all.WriteString(strings.TrimRight(line, " ") + "\n")
			line = indent + "  "
		} else if i > 0 {
			line += " "
		}
		line += word
	}
	return all.String() + line + "\n"
}

// printable is a text without what could steer a terminal, in one line.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < 0x20 || r >= 0x7f && r < 0xa0:
			return -1
		}
		return r
	}, text)
}

// clip is a text that is no longer than so many letters.
func clip(text string, most int) string {
	if letters := []rune(printable(text)); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return printable(text)
}
