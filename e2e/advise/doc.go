// Package advise says what the timings of a leader election come to: whether they are safe and by how much, how long nobody leads,
// which outage of the API server a leader rides out, and what all that costs in requests; and which timings would be safe, or keep a
// promise.
//
// It computes, and runs nothing. Every formula is in formulas.go, gaps.go and looks.go, with the place in client-go that it
// follows from (v0.37.2; controller-runtime v0.25.2); bounds that a judge uses, too, are taken from e2e/invariant. The tests hold
// each number against failovers of the real libraries in virtual time.
//
// All numbers are those of the timings alone. What requests take on their way, and what a busy machine takes to stop a worker,
// comes on top of them: it is what a margin is for.
package advise
