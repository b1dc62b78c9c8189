package fault

import (
	"fmt"
	"time"
)

// LeaseDeleted deletes the Lease.
type LeaseDeleted struct{}

func (LeaseDeleted) String() string { return "Lease deleted" }

// Target implements Fault.
func (LeaseDeleted) Target() string { return "" }

// Healable implements Fault.
func (LeaseDeleted) Healable() bool { return false }

// LeaseStolen writes a stranger into the Lease as the holder of a new term, who then never renews it.
type LeaseStolen struct {
	By string
	// For is the lease duration that the stranger writes, in whole seconds.
	For time.Duration
}

func (s LeaseStolen) String() string { return fmt.Sprintf("Lease taken by %q for %v", s.By, s.For) }

// Target implements Fault.
func (LeaseStolen) Target() string { return "" }

// Healable implements Fault.
func (LeaseStolen) Healable() bool { return false }

// LeaseForbidden takes the replicas' rights on Leases away; healing gives them back.
type LeaseForbidden struct{}

func (LeaseForbidden) String() string { return "Role without its verbs on Leases" }

// Target implements Fault.
func (LeaseForbidden) Target() string { return "" }

// Healable implements Fault.
func (LeaseForbidden) Healable() bool { return true }
