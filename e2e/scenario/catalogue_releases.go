package scenario

// withReleases are the scenarios about replicas that are told to stop, and about what becomes of their Lease.
var withReleases []Scenario
