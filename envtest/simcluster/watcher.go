package simcluster

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// watcher is the body of the answer to a watch: a stream of events.
type watcher struct {
	media  media
	chosen func(object) bool
	// stop makes the API server forget this watcher.
	stop func()
	// more is filled when there is something to read.
	more chan struct{}

	mu      sync.Mutex
	pending bytes.Buffer
	frames  io.Writer
	ended   bool
}

func newWatcher(m media, chosen func(object) bool) *watcher {
	w := &watcher{media: m, chosen: chosen, more: make(chan struct{}, 1)}
	w.frames = m.info.StreamSerializer.NewFrameWriter(&w.pending)
	return w
}

// tell tells of a change as it looks to somebody who sees the chosen objects only: one that begins to be chosen appears,
// one that is no longer chosen goes (k8s.io/apiserver pkg/storage/cacher, convertToWatchEvent).
func (w *watcher) tell(c change) {
	before := c.was != nil && w.chosen(c.was.object)
	now := c.now != nil && w.chosen(c.now.object)
	switch {
	case now && before:
		w.event(watch.Modified, c.now)
	case now:
		w.event(watch.Added, c.now)
	case before:
		// As it was, with the version in which it went.
		gone := c.was.DeepCopyObject().(object)
		gone.SetResourceVersion(strconv.FormatUint(c.version, 10))
		w.event(watch.Deleted, newStored(gone))
	}
}

func (w *watcher) event(kind watch.EventType, o *stored) {
	encoded := bytes.TrimSuffix(w.media.encode(o), []byte("\n"))
	event := &metav1.WatchEvent{Type: string(kind), Object: runtime.RawExtension{Raw: encoded}}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.media.info.StreamSerializer.Encode(event, w.frames); err != nil {
		panic(fmt.Sprintf("encoding an event: %v", err))
	}
	w.wake()
}

// end makes the stream end for its reader, as when the API server goes away.
func (w *watcher) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.wake()
}

func (w *watcher) wake() {
	select {
	case w.more <- struct{}{}:
	default:
	}
}

// take returns what there is to read, without waiting; nothing, and nil, if there is nothing yet.
func (w *watcher) take(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pending.Len() > 0 {
		return w.pending.Read(p)
	}
	if w.ended {
		return 0, io.ErrUnexpectedEOF
	}
	return 0, nil
}

// Read implements io.Reader for those who reach the API server without a link.
func (w *watcher) Read(p []byte) (int, error) {
	for {
		if n, err := w.take(p); n > 0 || err != nil {
			return n, err
		}
		<-w.more
	}
}

// Close implements io.Closer.
func (w *watcher) Close() error {
	w.stop()
	w.end()
	return nil
}
