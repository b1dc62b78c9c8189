package kindcluster

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
)

// filters are the packet filters of a run: one nftables table for each injection, in the node that it concerns. Their names
// begin with that of the run's namespace, and so with interregnum, by which one finds what a killed run left in a node.
type filters struct {
	run string

	mu     sync.Mutex
	tables []*filter
}

// filter is a table that drops packets, and counts them; once it is healed it only counts what passes.
type filter struct {
	node  node
	name  string
	rules []rule
	// passing are what is counted once it is healed, if not the same as was dropped.
	passing []rule
	began   time.Time

	mu     sync.Mutex
	healed bool
	// dropped is what the counter said before the heal, with which it goes; unread is why that is not known.
	dropped int64
	unread  error
}

// rule says which packets, at which hook of the kernel's.
type rule struct{ hook, match string }

// script makes the table. Packets are dropped where they are forwarded between a pod and the network, or enter or leave
// the node itself: on established connections, too, and behind the translation of service addresses.
func (f *filter) script(verdict string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "table inet %s {\n\tcounter hits {}\n", f.name)
	hooks := map[string]bool{}
	for _, r := range f.rules {
		if !hooks[r.hook] {
			hooks[r.hook] = true
			fmt.Fprintf(&text, "\tchain %s { type filter hook %s priority -10; policy accept; }\n", r.hook, r.hook)
		}
	}
	text.WriteString("}\n")
	for _, r := range f.rules {
		fmt.Fprintf(&text, "add rule inet %s %s %s counter name hits %s\n", f.name, r.hook, r.match, verdict)
	}
	return text.String()
}

// set puts a table into a node.
func (s *filters) set(ctx context.Context, n node, rules ...rule) (*filter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &filter{node: n, name: fmt.Sprintf("%s_%d", strings.ReplaceAll(s.run, "-", "_"), len(s.tables)+1), rules: rules}
	// Also if it fails half way: whoever lifts it finds that it is not there.
	s.tables = append(s.tables, f)
	f.began = time.Now()
	if _, err := n.run(ctx, "nft -f -", f.script("drop")); err != nil {
		return nil, fmt.Errorf("setting a packet filter: %w", err)
	}
	return f, nil
}

// Began is from when packets may have been dropped.
func (f *filter) Began() time.Time { return f.began }

// Heal lets the packets pass, in one step, and counts them from then on.
func (f *filter) Heal(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.healed {
		return nil
	}
	if f.passing != nil {
		f.rules = f.passing
	}
	rules := fmt.Sprintf("delete table inet %s\n", f.name) + f.script("accept")
	// The counter goes with the table, so it is read first; in the same breath, because each goes to the node anew.
	counted, err := f.node.run(ctx, counter+`; nft -f -`, rules, f.name)
	if err != nil {
		return fmt.Errorf("lifting a packet filter: %w", err)
	}
	f.healed = true
	f.dropped, f.unread = packets(counted)
	return nil
}

// Evidence counts the packets that were dropped, and those that got through since.
func (f *filter) Evidence(ctx context.Context) (fault.Evidence, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.unread != nil {
		return fault.Evidence{}, fmt.Errorf("reading the counter of a packet filter before it was lifted: %w", f.unread)
	}
	hits, err := f.hits(ctx)
	switch {
	case err != nil:
		return fault.Evidence{}, fmt.Errorf("reading the counter of a packet filter: %w", err)
	case f.healed:
		return fault.Evidence{Touched: f.dropped, Passed: hits}, nil
	}
	return fault.Evidence{Touched: hits}, nil
}

// counter prints the counter of the table that is the script's first argument.
const counter = `nft list counter inet "$1" hits`

// counterBound is far more than reading a counter takes.
const counterBound = 10 * time.Second

// hits reads the counter.
func (f *filter) hits(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, counterBound)
	defer cancel()
	text, err := f.node.run(ctx, counter, "", f.name)
	if err != nil {
		return 0, err
	}
	return packets(text)
}

// packets is the number in what nft prints of a counter.
func packets(text string) (int64, error) {
	_, behind, _ := strings.Cut(text, "packets ")
	number, _, _ := strings.Cut(behind, " ")
	counted, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("expected a counter of packets from nft, got %q", text)
	}
	return counted, nil
}

// lift removes the tables.
func (s *filters) lift(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, f := range s.tables {
		_, err := f.node.run(ctx, `! nft list table inet "$1" >/dev/null 2>&1 || nft delete table inet "$1"`, "", f.name)
		errs = append(errs, err)
	}
	s.tables = nil
	return errors.Join(errs...)
}

// tryFilter says whether the nodes can filter packets.
func (c *Cluster) tryFilter() error {
	for _, n := range c.workers {
		ctx, cancel := context.WithTimeout(c.watching, counterBound)
		_, err := n.run(ctx, "nft list tables", "")
		cancel()
		if err != nil {
			return fault.Unsupported(fmt.Sprintf("the node image has no working nft: %v", err))
		}
	}
	return nil
}
