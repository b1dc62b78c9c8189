package processcluster

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// lookPeriod is how often files are looked at. Nobody is told of what is appended: the kernel has few inotify instances (128
// for each user, by default), and every kubelet and API server beside needs some.
const lookPeriod = 10 * time.Millisecond

// follower passes on what is appended to files, soon after it is.
type follower struct {
	closing chan struct{}
	done    sync.WaitGroup

	mu    sync.Mutex
	files []*followed
}

type followed struct {
	mu     sync.Mutex
	path   string
	file   *os.File // nil until it is there
	to     io.Writer
	buffer []byte
}

func follow() *follower {
	f := &follower{closing: make(chan struct{})}
	f.done.Go(func() {
		ticker := time.NewTicker(lookPeriod)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				f.collect()
			case <-f.closing:
				return
			}
		}
	})
	return f
}

// add passes what the file holds, and will hold, on to the writer.
func (f *follower) add(path string, to io.Writer) *followed {
	return f.adopt(&followed{path: path, to: to})
}

// addEnd passes on what is appended to the file, which must be there, from now on.
func (f *follower) addEnd(path string, to io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekEnd); err != nil {
		return errors.Join(err, file.Close())
	}
	f.adopt(&followed{path: path, file: file, to: to})
	return nil
}

func (f *follower) adopt(file *followed) *followed {
	file.buffer = make([]byte, 32<<10)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files = append(f.files, file)
	return file
}

// collect passes on all that the files hold now.
func (f *follower) collect() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, file := range f.files {
		file.drain()
	}
}

func (f *follower) close() error {
	close(f.closing)
	f.done.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, file := range f.files {
		errs = append(errs, file.close())
	}
	return errors.Join(errs...)
}

// drain passes on what was appended since the last time.
func (f *followed) drain() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		file, err := os.Open(f.path)
		if err != nil {
			return // Not written yet. A replica that never writes it is found out by what is missing.
		}
		f.file = file
	}
	for {
		n, err := f.file.Read(f.buffer)
		if n > 0 {
			_, _ = f.to.Write(f.buffer[:n]) // What cannot be read says so to the observer.
		}
		if err != nil {
			return
		}
	}
}

func (f *followed) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}
