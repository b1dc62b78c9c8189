// Package timeline draws what happened in a run: lanes of time for the faults, the Lease, each replica, the work items and the
// requests, with what contradicts a guarantee in red.
//
// [New] makes the model from a history and its verdict. The model is drawn as a page that is complete in itself ([Timeline.Page]), as
// a still picture ([Timeline.SVG]), as a small one for a table ([Timeline.Thumbnail]) and as lines of text ([Timeline.Text]).
//
// Everything that a history holds may have been written by anybody: it is text, wherever it is shown, and never markup.
package timeline
