package history

import (
	"fmt"
	"strings"
	"time"
)

// late is by how much a fact may be dated before the beginning or after the end of its run, beyond what clocks may differ
// by: a cluster takes some times, such as that of a pod's deletion, from the API, which cuts them to whole seconds.
const late = time.Second

// consistent names the first line that contradicts the header or another line.
func (h *History) consistent() error {
	c := newConsistency(h)
	// First, because every other time would seem to be wrong.
	if !c.stepped && c.ended.Before(h.Header.Began) {
		return fmt.Errorf("line %d: expected the end after the run began, at %s, got %s", lineOf(len(h.Facts)-1), show(h.Header.Began), show(c.ended))
	}
	for i := range h.Facts {
		if err := c.check(lineOf(i), &h.Facts[i]); err != nil {
			return fmt.Errorf("line %d: %w", lineOf(i), err)
		}
	}
	return nil
}

// lineOf is where a fact stands in its file, whose first line is the header.
func lineOf(fact int) int { return fact + 2 }

// consistency is what is known of a history while its lines are looked at.
type consistency struct {
	header      Header
	first, last time.Time // no fact is dated before or after
	ended       time.Time
	// stepped: the clock was set during the run. What came first may then be dated later, and stand later in the file.
	stepped bool
	// injections are the lines that tell of an injection, by its id; of the whole file, since a heal may stand before it
	// where the clock was set.
	injections map[int]int

	starts map[string]int // the latest of each replica
	// version of the Lease that was the latest, and the line that told it.
	version     string
	versionLine int
}

func newConsistency(h *History) *consistency {
	tolerance := late + h.Header.Cluster.ClockUncertainty.Duration
	ended := h.Facts[len(h.Facts)-1].Time
	c := &consistency{
		header: h.Header, first: h.Header.Began.Add(-tolerance), last: ended.Add(tolerance), ended: ended,
		injections: map[int]int{}, starts: map[string]int{},
	}
	for i := range h.Facts {
		switch fact := &h.Facts[i]; fact.Kind {
		case Stepped:
			c.stepped = true
		case Injected:
			if _, known := c.injections[fact.Fault.ID]; !known {
				c.injections[fact.Fault.ID] = lineOf(i)
			}
		default: // The others are looked at one by one.
		}
	}
	return c
}

func (c *consistency) check(line int, fact *Fact) error {
	if !c.stepped {
		if err := c.checkTime(fact); err != nil {
			return err
		}
	}
	switch fact.Kind {
	case Deployed:
		if fact.Replicas != 0 && fact.Replicas != c.header.Replicas {
			return fmt.Errorf("expected the %d replicas of the header in the deployed fact, got %d", c.header.Replicas, fact.Replicas)
		}
	case Injected:
		if first := c.injections[fact.Fault.ID]; first != line {
			return fmt.Errorf("expected a fault with an id of its own in the injected fact, got %d, as in line %d", fact.Fault.ID, first)
		}
	case Healed, Evidence:
		injected, known := c.injections[fact.Fault.ID]
		switch {
		case !known:
			return fmt.Errorf("expected the fault %d of the %s fact to be injected, it never was", fact.Fault.ID, fact.Kind)
		case injected > line && !c.stepped:
			return fmt.Errorf("expected the %s fact after the injection of its fault %d, which is in line %d", fact.Kind, fact.Fault.ID, injected)
		}
	case Launched:
		if before := c.starts[fact.Replica]; fact.Start <= before && !c.stepped {
			return fmt.Errorf("expected a start of %s above %d in the launched fact, got %d", fact.Replica, before, fact.Start)
		}
		c.starts[fact.Replica] = fact.Start
	case LeaseSeen:
		if lower(fact.Lease.ResourceVersion, c.version) {
			return fmt.Errorf("expected a resourceVersion of the Lease that is not below %s, of line %d, got %s", c.version, c.versionLine, fact.Lease.ResourceVersion)
		}
		c.version, c.versionLine = fact.Lease.ResourceVersion, line
	default: // The others contradict nothing but the time of the run.
	}
	return nil
}

// checkTime compares the times that are from one clock, or from clocks that nearly agree.
func (c *consistency) checkTime(fact *Fact) error {
	switch {
	case fact.Kind == Deployed && c.ended.Before(fact.Time):
		return fmt.Errorf("expected the replicas to be deployed before the end, at %s, got %s", show(c.ended), show(fact.Time))
	case fact.Time.Before(c.first):
		return fmt.Errorf("expected the %s fact after the run began, at %s, got %s", fact.Kind, show(c.header.Began), show(fact.Time))
	case fact.Time.After(c.last):
		return fmt.Errorf("expected the %s fact before the end, at %s, got %s", fact.Kind, show(c.ended), show(fact.Time))
	case fact.Write != nil && fact.Write.Completed != nil && fact.Write.Completed.Before(fact.Time):
		return fmt.Errorf("expected the write to be completed after it was received, at %s, got %s", show(fact.Time), show(*fact.Write.Completed))
	}
	return nil
}

func show(t time.Time) string { return t.Format(time.RFC3339Nano) }

// lower compares resource versions as what Kubernetes documents them to be since 1.35: decimal numbers of any length.
// What is none cannot be compared.
func lower(version, than string) bool {
	if !decimal(version) || !decimal(than) {
		return false
	}
	version, than = strings.TrimLeft(version, "0"), strings.TrimLeft(than, "0")
	if len(version) != len(than) {
		return len(version) < len(than)
	}
	return version < than
}

func decimal(version string) bool {
	return version != "" && strings.Trim(version, "0123456789") == ""
}
