// Package explore draws failovers that nobody thought of: whole runs with faults at drawn moments. It runs them in virtual time,
// judges them by the same guarantees as the catalogue's, cuts down those that do not hold to the steps that matter, and sorts what
// is left.
//
// A run is a [Schedule]: all that was drawn, and the seed of the libraries' own random pauses, in a file that people can read. What
// the run promises follows from the schedule ([Schedule.Promises]), and nothing else does.
//
// Schedules are cut down by a shrinker of our own, and not by pgregory.net/rapid, which has been tried: rapid cuts the stream of
// random numbers that a run was drawn from. To take one fault out there shifts all that was drawn after it, so that the rest is
// another run; here a step is a thing that is there or not. A schedule that came from a file, or from another schedule by a change,
// has no such stream at all. (rapid draws the schedules for the tests of the file format.)
package explore
