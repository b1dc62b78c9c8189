package simcluster

import (
	"time"

	"github.com/interregnum/interregnum/controller"
)

// Wind has the clocks of the replicas run at these rates: above 1, one runs fast. It comes before Deploy.
//
// Virtual time is the same for all, so that it is the durations that a manager counts off which become shorter or longer: the renew
// deadline, the pause between two attempts, and with them the timeout of a request, but for its minimum of a second. So it is exact for
// a leader. It is not for a standby that waits: client-go takes how long from the Lease (leaseDurationSeconds), and counts it off by
// virtual time. What a replica says of the time of day stays right, too.
func (c *Cluster) Wind(clocks func(replica string) float64) { c.clocks = clocks }

// optionsOf are those of a replica, as its clock has them.
func (c *Cluster) optionsOf(replica string) controller.Options {
	its := options(c.settings)
	if c.clocks == nil {
		return its
	}
	if rate := c.clocks(replica); rate > 0 {
		its.RenewDeadline = time.Duration(float64(its.RenewDeadline) / rate)
		its.RetryPeriod = time.Duration(float64(its.RetryPeriod) / rate)
	}
	return its
}
