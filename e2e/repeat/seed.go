// Package repeat has a run in virtual time go the same way again.
package repeat

import (
	"math/rand"
	"sync"

	"github.com/google/uuid"
)

// From has all that the libraries draw be drawn again: client-go's pauses come from the global source of math/rand, which repeats
// in programs that say //go:debug randseednop=0, and identities from the source of random UUIDs.
func From(seed uint64) {
	rand.Seed(int64(seed))                                                 //nolint:staticcheck,gosec // It is the libraries' source that is to repeat.
	uuid.SetRand(&source{from: rand.New(rand.NewSource(int64(seed) + 1))}) //nolint:gosec // It is to be the same again.
}

// Works says whether this program can have the libraries draw the same again.
func Works() bool {
	draw := func() int64 {
		From(1)
		return rand.Int63() //nolint:gosec // It is compared.
	}
	first := draw()
	return draw() == first
}

// source is a source that several may read from.
type source struct {
	mu   sync.Mutex
	from *rand.Rand
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from.Read(p) //nolint:gosec // It is to be the same again.
}
