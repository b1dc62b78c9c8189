// Package journal is what a replica says of itself: the contract between a manager and the harness.
//
// Any binary that takes the flags of controller/cmd/controller and writes this journal can be put in the manager's
// place; the package controller/keeper writes it for managers that are made with controller-runtime. The journal is a
// stream of JSON objects, one a line, each an [Entry], appended to the file that --journal names (or to standard output,
// for "-"):
//
//	{"time":"2026-11-22T13:00:00.000000001Z","kind":"started","identity":"host_1b9d"}
//	{"time":"2026-11-22T13:00:03.120000000Z","kind":"elected","identity":"host_1b9d","term":4}
//	{"time":"2026-11-22T13:00:03.120100000Z","kind":"acted","identity":"host_1b9d","term":4}
//	{"time":"2026-11-22T13:00:03.300000000Z","kind":"processed","identity":"host_1b9d","term":4,"item":"work-17"}
//	{"time":"2026-11-22T13:00:09.000000000Z","kind":"stopped","identity":"host_1b9d","term":4}
//
// The rules:
//
//   - Every entry has a time (RFC 3339, nanoseconds, the replica's own clock), a kind and the identity that the replica
//     writes into the Lease as holderIdentity. The harness never parses an identity; it only compares.
//   - "started" comes first, before the replica takes part in the election. A replica that does not campaign (no
//     --enable-leader-election) still writes it.
//   - "elected" comes when the replica is about to begin its leader-only work; term is the Lease's leaseTransitions.
//   - "acted" comes once an act-period while the replica leads, and is written BEFORE the worker looks at its context: by
//     the time a real worker learns that it should stop, its work has already happened. One that is told to stop goes on
//     for as long as --drain says, as work does that takes its time to stop.
//   - "processed" comes when a work item (a ConfigMap with [WorkLabel]) has been stamped with [ProcessedByAnnotation] and
//     [ProcessedInTermAnnotation]; item is the ConfigMap's name. Processing is leader-only work: it counts as an act.
//   - "stopped" comes when the leader-only work has ended in an orderly way, and before the Lease is released. A replica
//     that is killed, or exits at once as it should when it loses its Lease, need not write it.
//   - An entry reaches the file by one write, before the next entry is begun. A last line without a newline is one that
//     its writer did not live to finish; it is ignored.
//   - --drain and --graceful-shutdown-timeout are given only where a run needs them.
//   - On losing its leadership the replica exits, with a code other than zero (as controller-runtime's managers do).
package journal
