package scenario

// refused are the scenarios in which the API server refuses requests about the Lease, and those in which connections are dead.
var refused []Scenario
