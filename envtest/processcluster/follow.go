package processcluster

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// follower passes on what is appended to the files of some folders, as it is appended. One is enough for a run: the kernel has
// few inotify instances (128 for each user, by default), and every API server and kubelet needs some.
type follower struct {
	watcher *fsnotify.Watcher
	done    sync.WaitGroup

	mu    sync.Mutex
	files map[string]*followed
}

type followed struct {
	mu   sync.Mutex
	path string
	file *os.File // nil until it is there
	to   io.Writer
}

func follow(folder string) (*follower, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("following the files in %s: %w", folder, err)
	}
	f := &follower{watcher: watcher, files: map[string]*followed{}}
	if err := f.watch(folder); err != nil {
		return nil, errors.Join(err, watcher.Close())
	}
	f.done.Go(func() {
		for event := range watcher.Events {
			f.mu.Lock()
			file := f.files[filepath.Clean(event.Name)]
			f.mu.Unlock()
			if file != nil {
				file.drain()
			}
		}
	})
	f.done.Go(func() {
		for range watcher.Errors { // An overflow of events: the next one, or collect, reads what was missed.
		}
	})
	return f, nil
}

// watch is for files in another folder, too.
func (f *follower) watch(folder string) error {
	if err := f.watcher.Add(folder); err != nil {
		return fmt.Errorf("following the files in %s: %w", folder, err)
	}
	return nil
}

// add passes what the file holds, and will hold, on to the writer.
func (f *follower) add(path string, to io.Writer) *followed {
	file := &followed{path: path, to: to}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[filepath.Clean(path)] = file
	return file
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
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[filepath.Clean(path)] = &followed{path: path, file: file, to: to}
	return nil
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
	err := f.watcher.Close()
	f.done.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, file := range f.files {
		err = errors.Join(err, file.close())
	}
	return err
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
	_, _ = io.Copy(f.to, f.file)
}

func (f *followed) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}
