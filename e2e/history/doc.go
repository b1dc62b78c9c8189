// Package history is what happened in one run: facts, and the file that holds them.
//
// A history is a file of JSON lines. The first line is a [Header]: what ran, where, with which timings, and what the
// scenario promises. Each further line is a [Fact], in the order of time; the last fact is of the kind [Ended], so that a
// file that was cut short can be told from a whole one. A history is complete in itself: it can be judged again years
// later, without a cluster and without the scenario that made it.
package history
