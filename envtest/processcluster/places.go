package processcluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Places limit how many of something there are at once, among several processes: a named pipe holds a byte for each that is
// free. Whoever dies in a place takes it along.
type Places struct{ pipe *os.File }

// MakePlaces makes so many at the path, and opens them. They are there for as long as anybody has them open.
func MakePlaces(path string, n int) (*Places, error) {
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return nil, fmt.Errorf("making a pipe at %s: %w", path, err)
	}
	p, err := OpenPlaces(path)
	if err != nil {
		return nil, err
	}
	if _, err := p.pipe.Write(make([]byte, n)); err != nil {
		return nil, errors.Join(fmt.Errorf("filling the pipe at %s: %w", path, err), p.Close())
	}
	return p, nil
}

// OpenPlaces opens the ones that another process has made.
func OpenPlaces(path string) (*Places, error) {
	// Also for writing: one that is open for reading alone comes to its end.
	pipe, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("opening a pipe: %w", err)
	}
	return &Places{pipe}, nil
}

// Take waits for a free one. It must be given back with Free.
func (p *Places) Take(ctx context.Context) error {
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = p.pipe.SetReadDeadline(time.Unix(1, 0)) // Where it cannot be interrupted, it ends with its turn.
		close(interrupted)
	})
	_, err := p.pipe.Read(make([]byte, 1))
	if !stop() {
		<-interrupted
		_ = p.pipe.SetReadDeadline(time.Time{})
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("waiting for a place: %w", context.Cause(ctx))
	case err != nil:
		return fmt.Errorf("waiting for a place: %w", err)
	}
	return nil
}

// Free gives one back.
func (p *Places) Free() error {
	if _, err := p.pipe.Write([]byte{0}); err != nil {
		return fmt.Errorf("giving a place back: %w", err)
	}
	return nil
}

// Close closes the pipe. The file stays.
func (p *Places) Close() error { return p.pipe.Close() }
