package fault

// Stop tells a replica to stop: SIGTERM.
type Stop struct{ Replica string }

func (Stop) String() string { return "told to stop (SIGTERM)" }

// Target implements Fault.
func (s Stop) Target() string { return s.Replica }

// Healable implements Fault.
func (Stop) Healable() bool { return false }

// Kill ends a replica at once: SIGKILL.
type Kill struct{ Replica string }

func (Kill) String() string { return "killed (SIGKILL)" }

// Target implements Fault.
func (k Kill) Target() string { return k.Replica }

// Healable implements Fault.
func (Kill) Healable() bool { return false }

// Pause freezes a replica (SIGSTOP); healing thaws it (SIGCONT).
type Pause struct{ Replica string }

func (Pause) String() string { return "paused (SIGSTOP)" }

// Target implements Fault.
func (p Pause) Target() string { return p.Replica }

// Healable implements Fault.
func (Pause) Healable() bool { return true }

// Partition cuts a replica off from the API server: nothing arrives, and nothing is closed.
type Partition struct {
	Replica string
	Lost    Lost
}

// Lost is the direction in which a partition loses everything.
type Lost string

// The directions.
const (
	Everything Lost = "requests and answers"
	Requests   Lost = "requests"
	// Answers are lost although the API server has done what was asked.
	Answers Lost = "answers"
)

func (p Partition) String() string {
	return "partitioned from the API server: " + string(p.Lost) + " lost"
}

// Target implements Fault.
func (p Partition) Target() string { return p.Replica }

// Healable implements Fault.
func (Partition) Healable() bool { return true }
