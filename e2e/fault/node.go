package fault

// NodePartitioned cuts a replica's node, and all that runs on it, off from the control plane.
type NodePartitioned struct{ Replica string }

func (NodePartitioned) String() string { return "node partitioned from the control plane" }

// Target implements Fault.
func (n NodePartitioned) Target() string { return n.Replica }

// Healable implements Fault.
func (NodePartitioned) Healable() bool { return true }

// NodePaused freezes a replica's node with all that runs on it; healing thaws it.
type NodePaused struct{ Replica string }

func (NodePaused) String() string { return "node paused" }

// Target implements Fault.
func (n NodePaused) Target() string { return n.Replica }

// Healable implements Fault.
func (NodePaused) Healable() bool { return true }

// NodeStopped takes the power from a replica's node; healing starts it again.
type NodeStopped struct{ Replica string }

func (NodeStopped) String() string { return "node stopped" }

// Target implements Fault.
func (n NodeStopped) Target() string { return n.Replica }

// Healable implements Fault.
func (NodeStopped) Healable() bool { return true }

// NodeDrained evicts all pods from a replica's node, as fast as their disruption budgets allow, and keeps new ones away;
// healing lets them come back.
type NodeDrained struct{ Replica string }

func (NodeDrained) String() string { return "node drained" }

// Target implements Fault.
func (n NodeDrained) Target() string { return n.Replica }

// Healable implements Fault.
func (NodeDrained) Healable() bool { return true }
