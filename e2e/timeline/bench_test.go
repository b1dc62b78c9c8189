package timeline_test

import (
	"io"
	"testing"

	"github.com/interregnum/interregnum/e2e/timeline"
)

// BenchmarkDraw is what it costs to draw a run of an ordinary length, as each suite does beside its history.
func BenchmarkDraw(b *testing.B) {
	h, verdict := overlapping().ends(b, 25)
	for b.Loop() {
		drawn := timeline.New(h, verdict)
		if err := drawn.Page(io.Discard); err != nil {
			b.Fatal(err)
		}
		if err := drawn.SVG(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
