package kindcluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/podcluster"
)

// powered is a node whose container was paused or stopped.
type powered struct {
	node     node
	during   string // what Docker says of it meanwhile
	back     func(context.Context) error
	evidence fault.Evidence
}

// power does it, and asks Docker whether it is so.
func power(ctx context.Context, p *powered, do func(context.Context) error) (fault.Injection, error) {
	if err := do(ctx); err != nil {
		return nil, errors.Join(err, p.back(context.WithoutCancel(ctx))) // It may have taken hold by half.
	}
	state, err := p.node.state(ctx)
	if err != nil {
		return nil, errors.Join(err, p.back(context.WithoutCancel(ctx)))
	}
	if state == p.during {
		p.evidence.Touched = 1
	}
	return p, nil
}

// Heal brings the node back.
func (p *powered) Heal(ctx context.Context) error {
	if p.evidence.Passed == 1 {
		return nil
	}
	if err := p.back(ctx); err != nil {
		return err
	}
	state, err := p.node.state(ctx)
	if err != nil {
		return err
	}
	if state == "running" {
		p.evidence.Passed = 1
	}
	return nil
}

// Evidence is that the node was paused, or stopped, and that it was running again.
func (p *powered) Evidence(context.Context) (fault.Evidence, error) { return p.evidence, nil }

func (c *Cluster) pauseNode(ctx context.Context, replica string) (fault.Injection, error) {
	l, err := c.pods.Current(replica)
	if err != nil {
		return nil, err
	}
	n := node(l.Pod.Node)
	return power(ctx, &powered{
		node: n, during: "paused", back: func(ctx context.Context) error { return n.power(ctx, "unpause") },
	}, func(ctx context.Context) error { return n.power(ctx, "pause") })
}

// stopNode takes the node's power: what runs on it ends at once, and nobody is there to tell of it.
func (c *Cluster) stopNode(ctx context.Context, replica string) (fault.Injection, error) {
	l, err := c.pods.Current(replica)
	if err != nil {
		return nil, err
	}
	n := node(l.Pod.Node)
	var lost []*podcluster.Life
	return power(ctx, &powered{
		node: n, during: "exited", back: func(ctx context.Context) error {
			err := c.startNode(ctx, n)
			for _, l := range lost {
				c.keepLog(ctx, l)
			}
			return err
		},
	}, func(ctx context.Context) error {
		lost = c.pods.On(string(n))
		for _, l := range lost {
			c.pods.Announce(l, "SIGKILL")
		}
		if err := n.power(ctx, "kill"); err != nil {
			return err
		}
		for _, l := range lost {
			// Its journal is read when the node is back.
			if c.pods.Ends(l.Container, time.Now()) != nil {
				c.observer.Record(history.Fact{Kind: history.Exited, Source: l.Source, Exit: &history.Exit{Code: -1, Signal: "SIGKILL"}})
			}
		}
		return nil
	})
}

// startNode returns when the node's containers can be looked at again.
func (c *Cluster) startNode(ctx context.Context, n node) error {
	if err := n.power(ctx, "start"); err != nil {
		return err
	}
	for {
		_, err := n.run(ctx, "crictl ps --quiet", "")
		if err == nil {
			return nil
		}
		pause(ctx)
		if ctx.Err() != nil {
			return fmt.Errorf("expected the node %s to come back: %w", n, errors.Join(context.Cause(ctx), err))
		}
	}
}
