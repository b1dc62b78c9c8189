package history

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// History is a header and the facts, in the order that [History.Sort] gives them.
type History struct {
	Header Header
	Facts  []Fact
	// Sealed: it was read from a file that carries a checksum of itself, and the checksum was right. Files of version 1 carry
	// none. For a history that was not read, it says nothing.
	Sealed bool
}

// Save writes the history to path, whole or not at all. What it writes is of the current [Version], with a seal in its
// last line, whatever the header says.
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
	if err := h.Write(file); err != nil {
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

// Write writes what [History.Save] saves: a history of the current [Version], sealed.
func (h *History) Write(out io.Writer) error {
	buffered := bufio.NewWriter(out)
	sum := newChecksum()
	encoder := json.NewEncoder(io.MultiWriter(buffered, sum))
	header := h.Header
	header.Format, header.Version = Format, Version
	if err := encoder.Encode(header); err != nil {
		return err
	}
	for i, fact := range h.Facts {
		if fact.Kind == Ended && i == len(h.Facts)-1 {
			line, err := sum.seal(fact, len(h.Facts))
			if err != nil {
				return err
			}
			if _, err := buffered.Write(line); err != nil {
				return err
			}
			break
		}
		if err := encoder.Encode(fact); err != nil {
			return err
		}
	}
	return buffered.Flush()
}
