package journal

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Writer appends entries to a journal. It is safe for concurrent use.
type Writer struct {
	mu  sync.Mutex
	out io.Writer
}

// NewWriter writes entries to out, each with one call of Write.
func NewWriter(out io.Writer) *Writer {
	return &Writer{out: out}
}

// Open appends to the file at path, or to standard output for "-". The caller closes what it returns.
func Open(path string) (io.WriteCloser, error) {
	if path == "-" {
		return keepOpen{os.Stdout}, nil
	}
	// O_APPEND, so that a replica that was started again adds to what its predecessor said.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("expected a journal that can be appended to: %w", err)
	}
	return file, nil
}

// Write stamps the entry with the current time and appends it. An error means that the entry may be lost: a replica
// whose work cannot be seen must not go on working.
func (w *Writer) Write(entry Entry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	// Under the lock, so that the times in a journal never go back.
	entry.Time = time.Now().UTC()
	line, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("encoding the %s entry: %w", entry.Kind, err)
	}
	if _, err := w.out.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("writing the %s entry to the journal: %w", entry.Kind, err)
	}
	return nil
}

type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }
