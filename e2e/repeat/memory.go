package repeat

import (
	"runtime"
	"runtime/debug"
)

// The collector must not run within a run: it takes the processor from whoever is about to do something, so that the order within one
// instant becomes another. What a run allocates dies with it. It runs between two runs, when there is as much as enough; and within
// one all the same that takes as much as most.
const (
	enough = 256 << 20
	most   = 1 << 30
)

// Quietly does something without the collector.
func Quietly(do func()) {
	limit := debug.SetMemoryLimit(most)
	percent := debug.SetGCPercent(-1)
	do()
	var now runtime.MemStats
	if runtime.ReadMemStats(&now); now.HeapAlloc > enough {
		runtime.GC()
	}
	debug.SetGCPercent(percent)
	debug.SetMemoryLimit(limit)
}
