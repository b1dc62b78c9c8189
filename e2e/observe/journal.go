package observe

import (
	"bytes"
	"fmt"
	"io"

	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/history"
)

// Journal takes one life's journal, in pieces of any size, and records its entries as facts. A line that is not finished
// waits for the rest. A broken line fails the observer: a harness that guesses judges something that nobody wrote.
func (o *Observer) Journal(source history.Source) io.Writer {
	return &journalReader{observer: o, source: source}
}

type journalReader struct {
	observer *Observer
	source   history.Source
	rest     []byte
	lines    int
	// lost: a line had no end, and where the next one begins nobody knows.
	lost bool
}

// longest is far above what an entry takes, and far below what a program that writes something else may fill.
const longest = 64 << 10

// Write implements io.Writer. It never fails: a failure is the observer's.
func (j *journalReader) Write(p []byte) (int, error) {
	if j.lost {
		return len(p), nil
	}
	j.rest = append(j.rest, p...)
	for {
		end := bytes.IndexByte(j.rest, '\n')
		if end < 0 {
			if len(j.rest) > longest {
				j.lost = true
				j.observer.Fail(broken(j.source, j.lines+1, fmt.Errorf("expected an entry on a line of its own, got %d bytes without an end", len(j.rest))))
				j.rest = nil
			}
			return len(p), nil
		}
		j.lines++
		if entry, err := journal.Parse(j.rest[:end]); err != nil {
			j.observer.Fail(broken(j.source, j.lines, err))
		} else {
			j.observer.Record(fact(j.source, entry))
		}
		j.rest = j.rest[end+1:]
	}
}

func fact(source history.Source, entry journal.Entry) history.Fact {
	return history.Fact{
		Time: entry.Time, Kind: history.Kind(entry.Kind), Source: source,
		Identity: entry.Identity, Term: entry.Term, Item: entry.Item,
	}
}
