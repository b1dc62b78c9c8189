package kindcluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	contract "github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/podcluster"
)

// journal is a pod's: one file on its node for all lives of its container. A log stream through the API server would end
// with it, and a deleted pod's log goes with the pod; the file stays until the run is over.
type journal struct {
	cluster *Cluster
	pod     *podcluster.Pod
	file    string // its path, on the node
	life    *podcluster.Life
	to      io.Writer // of the life; nil before the first
	rest    []byte

	mu   sync.Mutex
	read int64
	more chan struct{} // closed, and made anew, whenever more was read
}

// Placed begins to follow a pod's journal, where it keeps one.
func (c *Cluster) Placed(ctx context.Context, p *podcluster.Pod) {
	c.attends.Lock()
	defer c.attends.Unlock()
	if c.journals[p.UID] != nil || !c.subject.Journals() {
		return
	}
	j := &journal{cluster: c, pod: p, file: path.Join(c.folderOnNode(), p.Name+".jsonl"), more: make(chan struct{})}
	c.journals[p.UID] = j
	c.running.Go(func() { j.follow(ctx, node(p.Node)) })
}

func (j *journal) follow(ctx context.Context, n node) {
	for ctx.Err() == nil {
		// From where it was, counted from one: the node may have gone and come back.
		j.rest = nil
		// Without inotify, of which the kernel has few (128 instances for each user, by default), and kubelets need them.
		_ = n.stream(ctx, follower{ctx, j}, "tail", "-c", "+"+strconv.FormatInt(j.offset()+1, 10), "-F", "-s", "0.1", "---disable-inotify", j.file)
		pause(ctx)
	}
}

func (j *journal) offset() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.read
}

// follower writes what tail prints to the journal.
type follower struct {
	ctx context.Context //nolint:containedctx // io.Writer has none.
	*journal
}

// Write hands each line to the life that wrote it, and counts it then: what is counted has been recorded.
func (f follower) Write(p []byte) (int, error) {
	f.rest = append(f.rest, p...)
	for {
		end := bytes.IndexByte(f.rest, '\n')
		if end < 0 {
			return len(p), nil
		}
		line := f.rest[:end+1]
		if err := f.hand(line); err != nil {
			return 0, err
		}
		f.rest = f.rest[end+1:]
		f.count(int64(len(line)))
	}
}

func (f follower) hand(line []byte) error {
	entry, err := contract.Parse(bytes.TrimSuffix(line, []byte("\n")))
	if f.life == nil || err == nil && entry.Kind == contract.Started {
		then := entry.Time
		if err != nil {
			then = time.Now() // It is no entry, which the observer will say; whose it is, is a guess.
		}
		if err := f.turn(then); err != nil {
			return err
		}
	}
	_, _ = f.to.Write(line) // It never fails: a failure is the observer's.
	return nil
}

// turn waits until it is known whose journal begins at that time. The node's events tell, which may come later than the entry.
func (f follower) turn(then time.Time) error {
	for {
		found, changed := f.cluster.pods.Next(f.pod, then)
		if found != nil {
			f.life, f.to = found, f.cluster.observer.Journal(found.Source)
			return nil
		}
		select {
		case <-changed:
		case <-f.ctx.Done():
			return f.ctx.Err()
		}
	}
}

func (j *journal) count(n int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.read += n
	close(j.more)
	j.more = make(chan struct{})
}

// drain returns when all that a pod has journalled so far is with the observer.
func (c *Cluster) drain(ctx context.Context, p *podcluster.Pod) error {
	c.attends.Lock()
	j := c.journals[p.UID]
	c.attends.Unlock()
	if j == nil {
		return nil // It has not run, or keeps none.
	}
	ctx, cancel := context.WithTimeoutCause(ctx, drainBound, fmt.Errorf("expected it to be read within %v", drainBound))
	defer cancel()
	// Up to the last newline: a line without an end is one that its writer did not live to finish.
	text, err := node(p.Node).run(ctx, `test -e "$1" || { echo 0; exit; }; size=$(stat -c %s "$1"); torn=$(tail -n 1 "$1" | wc -c);
		test "$size" -gt 0 && test -z "$(tail -c 1 "$1" | tr -d '\n')" && torn=0; echo $((size - torn))`, "", j.file)
	if err != nil {
		return err
	}
	size, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return fmt.Errorf("expected the size of the journal, got %q", text)
	}
	for {
		j.mu.Lock()
		read, more := j.read, j.more
		j.mu.Unlock()
		if read >= size {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return fmt.Errorf("%w: %d of %d bytes were", context.Cause(ctx), read, size)
		}
	}
}

// drainBound is far more than reading a journal takes, on a node that answers.
const drainBound = 20 * time.Second
