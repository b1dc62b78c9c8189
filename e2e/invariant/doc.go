// Package invariant holds the guarantees: pure functions over a history, without a cluster, a clock or a context.
//
// [Judge] looks at the assumptions first, then at every guarantee. What a scenario promises decides the outcome; what it
// does not promise is judged all the same and reported as measured.
package invariant
