package fault

// LeaseWritesRefused makes the API server refuse whatever a replica asks to write into a Lease, as an admission policy does;
// everything else that it asks for goes through. Healing lifts it. A replica that is restarted where it is stays refused; one
// that is replaced by another (of another name, as a pod is) does not.
type LeaseWritesRefused struct{ Replica string }

func (LeaseWritesRefused) String() string { return "writes of the Lease refused" }

// Target implements Fault.
func (r LeaseWritesRefused) Target() string { return r.Replica }

// Healable implements Fault.
func (LeaseWritesRefused) Healable() bool { return true }
