package fault

// DeadConnections loses everything, both ways, on the connections that a replica has to the API server when it begins, as
// when a load balancer forgets them: nothing arrives, and nothing is closed. New connections work. After the heal what was
// held arrives.
type DeadConnections struct{ Replica string }

func (DeadConnections) String() string { return "connections to the API server dead" }

// Target implements Fault.
func (d DeadConnections) Target() string { return d.Replica }

// Healable implements Fault.
func (DeadConnections) Healable() bool { return true }
