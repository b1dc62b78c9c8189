package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/interregnum/interregnum/e2e/history"
)

// Log reads an API server's audit log: it is to be written the log, in pieces of any size, from a place before the first
// write that matters. It is safe for concurrent use.
type Log struct {
	namespace string
	mention   []byte
	fail      func(error)

	mu    sync.Mutex
	rest  []byte
	lines int
	// lost: the log cannot be read any further, and why.
	lost     error
	requests map[key]*request
	// answered holds a channel for each audit ID that was awaited or answered; it is closed once it is answered.
	answered map[string]chan struct{}
	broken   chan struct{}
	// hear are told of each request once it is answered.
	hear []func(history.Fact)
}

// key tells requests apart. The audit ID alone would not: a client may set it.
type key struct {
	id       string
	received int64
}

// NewLog reads what is asked in the namespace; in all of them, and of what is in none, for an empty one. What makes the log
// unreadable is told to fail, once.
func NewLog(namespace string, fail func(error)) *Log {
	mention := []byte(`"` + namespace + `"`)
	if namespace == "" {
		mention = nil
	}
	return &Log{
		namespace: namespace, mention: mention, fail: fail,
		requests: map[key]*request{}, answered: map[string]chan struct{}{}, broken: make(chan struct{}),
	}
}

// begin is how each event begins; quotes within a string are escaped, so that it begins nothing else.
var begin = []byte(`{"kind":"Event","apiVersion":"` + auditv1.GroupName + `/`)

// longest is far above what an event takes, which is twice the largest object (etcd's limit: 1.5 MiB) and a little more.
const longest = 16 << 20

// Write implements io.Writer. It never fails: a log that cannot be read is told to fail.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost != nil {
		return len(p), nil
	}
	l.rest = append(l.rest, p...)
	for {
		end := bytes.IndexByte(l.rest, '\n')
		if end < 0 {
			if len(l.rest) > longest {
				l.lines++
				l.lose(fmt.Errorf("got %d bytes without an end", len(l.rest)))
			}
			return len(p), nil
		}
		l.lines++
		if err := l.read(l.rest[:end]); err != nil {
			l.lose(err)
			return len(p), nil
		}
		l.rest = l.rest[end+1:]
	}
}

func (l *Log) lose(err error) {
	l.rest = nil
	l.lost = fmt.Errorf("the audit log is broken at line %d of what was read: expected an event of %s on a line of its own, %w: "+
		"start the API server with the flags of e2e/apiserver/audit, and let nothing else write to the file",
		l.lines, auditv1.SchemeGroupVersion, err)
	close(l.broken)
	l.fail(l.lost)
}

// read takes a line: an event. An API server that is killed may leave a line without its end, and the one that is started
// after it appends to it. The event that was torn counts for nothing, because nothing came of it before it was in the file:
// neither was its request served, if it tells of that, nor its answer sent.
func (l *Log) read(line []byte) error {
	at := bytes.Index(line, begin)
	if at < 0 {
		// The reading may begin within a line.
		if l.lines == 1 {
			return nil
		}
		return fmt.Errorf("got %s", excerpt(line))
	}
	if !bytes.Contains(line, l.mention) {
		return nil // Most of the log is of other runs.
	}
	for line = line[at:]; len(line) > 0; {
		var event auditv1.Event
		decoder := json.NewDecoder(bytes.NewReader(line))
		err := decoder.Decode(&event)
		next := bytes.Index(line[1:], begin)
		switch {
		case err == nil:
			line = line[decoder.InputOffset():]
			if event.ObjectRef != nil && (l.namespace == "" || event.ObjectRef.Namespace == l.namespace) {
				l.note(event)
			}
		case next >= 0:
			line = line[1+next:]
		default:
			return fmt.Errorf("got %s: %w", excerpt(line), err)
		}
	}
	return nil
}

func (l *Log) note(event auditv1.Event) {
	k := key{id: string(event.AuditID), received: event.RequestReceivedTimestamp.UnixMicro()}
	before := l.requests[k]
	l.requests[k] = &request{event: event}
	if l.requests[k].ended() {
		if before == nil || !before.ended() {
			l.tell(l.requests[k])
		}
		done := l.awaited(k.id)
		select {
		case <-done:
		default:
			close(done)
		}
	}
}

func (l *Log) tell(r *request) {
	if !r.counts() {
		return
	}
	for _, hear := range l.hear {
		hear(r.fact(nil))
	}
}

// Tell tells of each request from now on, as the log tells that it was answered: a fact that knows neither its source nor its
// item. hear must not call back.
func (l *Log) Tell(hear func(history.Fact)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hear = append(l.hear, hear)
}

func (l *Log) awaited(id string) chan struct{} {
	if l.answered[id] == nil {
		l.answered[id] = make(chan struct{})
	}
	return l.answered[id]
}

// Await waits until the log tells that the request with this audit ID was answered.
func (l *Log) Await(ctx context.Context, id string) error {
	l.mu.Lock()
	done := l.awaited(id)
	l.mu.Unlock()
	select {
	case <-done:
		return nil
	default:
	}
	select {
	case <-done:
		return nil
	case <-l.broken:
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.lost
	case <-ctx.Done():
		return fmt.Errorf("expected the audit log to tell of a write that was just made (%s), it does not: is it the log of this API server, "+
			"started with the flags of e2e/apiserver/audit? %w", id, context.Cause(ctx))
	}
}

// Forget drops what was read so far: it was before the run began.
func (l *Log) Forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.requests)
}

// Requests are the facts of the kinds [history.Wrote] and [history.Looked] that the log holds so far, by the time at which the API
// server received them. One whose answer was not read is without Completed and Code. Their sources are not set: see [Attribute].
func (l *Log) Requests() []history.Fact {
	l.mu.Lock()
	defer l.mu.Unlock()
	requests := make([]*request, 0, len(l.requests))
	items := map[string]bool{}
	for _, r := range l.requests {
		if r.counts() {
			requests = append(requests, r)
		}
		if r.ofItem() {
			items[r.name()] = true
		}
	}
	slices.SortFunc(requests, inOrder)
	facts := make([]history.Fact, 0, len(requests))
	for _, r := range requests {
		facts = append(facts, r.fact(items))
	}
	return facts
}

func excerpt(line []byte) string {
	const most = 120
	if len(line) > most {
		return fmt.Sprintf("%q…", line[:most])
	}
	return fmt.Sprintf("%q", line)
}
