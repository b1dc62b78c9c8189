package fault

import (
	"fmt"
	"time"
)

// APIServerAway stops the API server; healing starts it again.
type APIServerAway struct{}

func (APIServerAway) String() string { return "API server stopped" }

// Target implements Fault.
func (APIServerAway) Target() string { return "" }

// Healable implements Fault.
func (APIServerAway) Healable() bool { return true }

// APIServerHangs freezes the API server (SIGSTOP): it answers nothing and closes nothing; healing thaws it.
type APIServerHangs struct{}

func (APIServerHangs) String() string { return "API server paused (SIGSTOP)" }

// Target implements Fault.
func (APIServerHangs) Target() string { return "" }

// Healable implements Fault.
func (APIServerHangs) Healable() bool { return true }

// APIServerRestarted kills the API server, which whoever looks after it starts again; it is healed when it answers.
type APIServerRestarted struct{}

func (APIServerRestarted) String() string { return "API server restarted" }

// Target implements Fault.
func (APIServerRestarted) Target() string { return "" }

// Healable implements Fault.
func (APIServerRestarted) Healable() bool { return true }

// APIServerSlow delays everything between the replicas and the API server.
type APIServerSlow struct {
	// Latency is added in each direction.
	Latency time.Duration
}

func (s APIServerSlow) String() string {
	if s.Latency == 0 {
		return "API server slow"
	}
	return fmt.Sprintf("API server slow: %v each way", s.Latency)
}

// Target implements Fault.
func (APIServerSlow) Target() string { return "" }

// Healable implements Fault.
func (APIServerSlow) Healable() bool { return true }
