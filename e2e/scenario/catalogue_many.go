package scenario

// many are the scenarios with many replicas, and with more than one fault at once.
var many []Scenario
