package observe

import "time"

// stepTolerance is by how much the harness's wall clock may part from its monotonic clock before the clock counts as set:
// the uncertainty that clusters declare of clocks that are one kernel's. Below it, a step changes no verdict.
const stepTolerance = time.Millisecond

// slewing is by how much a second of a wall clock may be longer or shorter while NTP pulls it towards the right time: the
// kernel's limit (adjtimex(2), 500 parts in a million). On Linux the monotonic clock is pulled along, elsewhere it need not.
const slewing = 500 * time.Microsecond

// looks is how often both clocks are read before a difference is believed: who is not given the processor between reading
// the one and the other sees a difference that there is not.
const looks = 5

// reading is what the wall clock and the monotonic clock say at one moment.
type reading struct {
	wall      time.Time
	monotonic time.Duration
}

// readClocks reads both clocks at once. What the monotonic one counts from does not matter, only that it stays. Virtual time
// has one clock alone, which stands for both.
func readClocks() reading {
	now := time.Now()
	return reading{wall: now.Round(0), monotonic: now.Sub(epoch)}
}

// epoch is where the monotonic clock is counted from: package time tells it only as the difference of two moments.
var epoch = time.Now()

// apart is by how much more the wall clock has advanced than the monotonic clock from one reading to another.
func apart(from, to reading) time.Duration {
	return to.wall.Sub(from.wall) - (to.monotonic - from.monotonic)
}

// clock notices when the wall clock is set. It must be looked at often: the longer ago it was, the more the wall clock may
// have been slewed.
type clock struct {
	read func() reading
	last reading
	// known: it was looked at before.
	known bool
}

// look tells the time, and by how much the wall clock was set since the last look; zero, if it was not.
func (c *clock) look() (now time.Time, by time.Duration) {
	at := c.read()
	if !c.known {
		c.known, c.last = true, at
		return at.wall, 0
	}
	by = apart(c.last, at)
	for try := 1; try < looks && c.stepped(at, by); try++ {
		again := c.read()
		if change := apart(c.last, again); change.Abs() < by.Abs() {
			at, by = again, change
		}
	}
	stepped := c.stepped(at, by)
	c.last = at
	if !stepped {
		by = 0
	}
	return at.wall, by
}

// stepped says whether the clocks have parted by more than slewing explains.
func (c *clock) stepped(at reading, by time.Duration) bool {
	elapsed := at.monotonic - c.last.monotonic
	slewed := time.Duration(elapsed.Seconds() * float64(slewing))
	return by.Abs() > stepTolerance+slewed
}
