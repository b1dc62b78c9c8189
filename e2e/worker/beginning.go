package worker

import (
	"fmt"
	"strings"
	"sync"
)

// beginning keeps the beginning of what a program says: the first line of a crash says what it was, and the first stack where.
type beginning struct {
	mu   sync.Mutex
	text strings.Builder
	over int
}

const mostSaid = 1 << 20

// Write implements io.Writer.
func (b *beginning) Write(p []byte) (int, error) {
	b.write(string(p))
	return len(p), nil
}

func (b *beginning) write(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if room := mostSaid - b.text.Len(); len(text) > room {
		b.over += len(text) - room
		text = text[:room]
	}
	b.text.WriteString(text)
}

func (b *beginning) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := b.text.String()
	if b.over > 0 {
		text += fmt.Sprintf("\n… and %d bytes more", b.over)
	}
	return text
}
