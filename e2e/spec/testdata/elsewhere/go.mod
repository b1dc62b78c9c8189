// A module of somebody else's, with a manager and a suite of its own. A test of the package spec runs it, and adds the versions
// of what else it imports, which are this repository's.
module example.com/elsewhere

go 1.26.0

require github.com/interregnum/interregnum v0.0.0

replace github.com/interregnum/interregnum => ../../../..
