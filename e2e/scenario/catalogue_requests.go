package scenario

// onRequests are the scenarios in which something happens to single requests, and to nothing else.
var onRequests []Scenario
