// Package attack edits histories of real runs, each in one way that is known, and says what must come of it: the reader must
// refuse a file that was damaged, and the judge must see what was changed in the facts, without an alarm where nothing is wrong.
//
// [Kinds] is the table. Each kind is a pure function of a history and a seed, so that an attempt that comes out wrong can be
// made again. A new guarantee adds the kind of edit that breaks it.
package attack
