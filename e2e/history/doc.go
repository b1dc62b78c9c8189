// Package history is what happened in one run: facts, and the file that holds them.
//
// A history is a file of JSON lines. The first line is a [Header]: what ran, where, with which timings, and what the
// scenario promises. Each further line is a [Fact], in the order of [History.Sort]; the last fact is of the kind [Ended], so
// that a file that was cut short can be told from a whole one. A history is complete in itself: it can be judged again years
// later, without a cluster and without the scenario that made it.
//
// The last line ends with a seal:
//
//	{"time":"2026-11-22T13:00:12Z","kind":"ended","seal":{"facts":812,"sha256":"5f1d…"}}
//
// There are so many facts, this one among them, and the checksum is that of every byte of the file before it. Whatever is
// lost, added or changed is refused, and so is what cannot have been: a fact after the end, a heal of what was never
// injected, a version of the Lease that goes back. Files of version 1 have no seal; [History.Sealed] tells.
package history
