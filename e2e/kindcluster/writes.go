package kindcluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/interregnum/interregnum/e2e/apiserver/audit"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/kindcluster/provider"
)

// record is the API server's own record of writes, on the control-plane node, from a place on. It is read there, through
// Docker: so it can be read while the API server is away, and none of it is lost when that is started again, which goes on
// writing to the same file.
type record struct {
	node      node
	file      string
	from      int64
	namespace string
}

// recordFrom is the record of what is written in the namespace from now on.
func recordFrom(ctx context.Context, n node, file, namespace string) (record, error) {
	text, err := n.run(ctx, `stat -c %s "$1"`, "", file)
	if err != nil {
		return record{}, fmt.Errorf("looking for the API server's record of writes: %w: was the cluster made to record them (provider.Options, Audit)?", err)
	}
	size, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return record{}, fmt.Errorf("expected the size of the API server's record of writes, got %q", text)
	}
	return record{node: n, file: file, from: size, namespace: namespace}, nil
}

// readBound is far more than it takes to read what was written in a run.
const readBound = 20 * time.Second

// read reads the record up to the write that has this audit ID, and further if there is more. It returns what it could read
// in any case. What makes the record unreadable is told to fail, too.
func (r record) read(ctx context.Context, mark string, fail func(error)) (*audit.Log, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, readBound, fmt.Errorf("expected it within %v", readBound))
	defer cancel()
	over, done := context.WithCancelCause(ctx)
	done(fmt.Errorf("it is not in %s, which was read to its end", r.file))
	log, err := r.soFar(ctx, fail)
	for err == nil {
		missing := log.Await(over, mark) // Does not wait: it is in there, or it is not.
		if missing == nil {
			return log, nil
		}
		// The answer may have come before the record of it. Nothing tells when it is there but looking.
		pause(ctx)
		again, failed := r.soFar(ctx, fail)
		if ctx.Err() != nil {
			return log, missing
		}
		log, err = again, failed
	}
	return log, err
}

// soFar is what the record holds.
func (r record) soFar(ctx context.Context, fail func(error)) (*audit.Log, error) {
	log := audit.NewLog(r.namespace, fail)
	// Of all that the cluster's runs have written, only the lines that name this namespace, whole: a line that an API server
	// did not live to finish is one with the line behind it, and stays so. grep fails where there are none.
	text, err := r.node.run(ctx, `test -r "$2" || { echo "expected a file $2, there is none" >&2; exit 1; }
		tail -c +"$1" "$2" | { grep -aF "\"$3\"" || test $? -eq 1; }`, "",
		strconv.FormatInt(r.from+1, 10), r.file, r.namespace) // tail counts from one
	if err != nil {
		return log, fmt.Errorf("reading the API server's record of writes: %w", err)
	}
	_, _ = log.Write([]byte(text)) // It never fails: a failure is told to fail.
	return log, nil
}

// findRecord finds the API server's record of writes, and proves that it is the one of this API server. What is written
// until then is none of the run's.
func (c *Cluster) findRecord(ctx context.Context) error {
	before, err := recordFrom(ctx, c.controlPlane, provider.AuditLog, c.namespace.Name)
	if err != nil {
		return err
	}
	mark, err := c.namespace.Mark(ctx)
	if err != nil {
		return err
	}
	if _, err := before.read(ctx, mark, c.observer.Fail); err != nil {
		return err
	}
	c.record, err = recordFrom(ctx, c.controlPlane, provider.AuditLog, c.namespace.Name)
	return err
}

// hear tells those who wait what the record says, as it comes, of replicas that keep no journal. Whose a request is, and in which order
// they came, is told for good when all of them are collected.
func (c *Cluster) hear(ctx context.Context) {
	acts := history.NewActs(history.Header{Lease: c.subject.Elections[0].Name, Elections: c.subject.Histories(), Standbys: c.subject.Standbys})
	log := audit.NewLog(c.namespace.Name, c.observer.Fail)
	log.Tell(func(asked history.Fact) {
		if asked.Write == nil {
			return
		}
		source, living := c.pods.Living(asked.Write.PodUID)
		if !living {
			return
		}
		if asked.Replica != source.Replica {
			asked.Source = source
		}
		for _, told := range acts.See(asked) {
			c.observer.Hint(told)
		}
	})
	from := c.record.from
	for ctx.Err() == nil {
		// From where it was, counted from one: the node may have gone and come back.
		_ = c.record.node.stream(ctx, counted{log, &from}, "tail", "-c", "+"+strconv.FormatInt(from+1, 10), "-F", "-s", "0.1", "---disable-inotify", c.record.file)
		pause(ctx)
	}
}

// counted counts what is written.
type counted struct {
	io.Writer
	n *int64
}

func (c counted) Write(p []byte) (int, error) {
	*c.n += int64(len(p))
	return c.Writer.Write(p)
}

// collectWrites records every write in the run's namespace, and which life it was of. Where the API server does not answer,
// what it has recorded so far is recorded all the same.
func (c *Cluster) collectWrites(ctx context.Context) error {
	var log *audit.Log
	mark, err := c.namespace.Mark(ctx)
	if err == nil {
		log, err = c.record.read(ctx, mark, c.observer.Fail)
	} else {
		var unread error
		log, unread = c.record.soFar(ctx, c.observer.Fail)
		err = errors.Join(err, unread)
	}
	for _, write := range audit.Attribute(log.Requests(), c.observer.Evidence(), c.pods.LivesIn) {
		c.observer.Record(write)
	}
	return err
}
