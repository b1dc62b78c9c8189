package provider

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"sigs.k8s.io/kind/pkg/cmd"
	"sigs.k8s.io/kind/pkg/log"
)

// progress tells the user what happens, a line at a time.
type progress struct {
	mu  sync.Mutex
	out io.Writer
}

func newProgress(out io.Writer) *progress {
	if out == nil {
		out = io.Discard
	}
	return &progress{out: out}
}

func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, "kind: "+format+"\n", args...)
}

// everyTenSeconds makes a question that is asked again and again say what it is waiting for.
func (p *progress) everyTenSeconds(ask func(context.Context) error) func(context.Context) error {
	said := time.Now()
	return func(ctx context.Context) error {
		err := ask(ctx)
		if err != nil && time.Since(said) >= 10*time.Second {
			p.say("waiting: %v", err)
			said = time.Now()
		}
		return err
	}
}

// logger is for kind's own progress: its spinner if a terminal is looking, else plain lines.
func (p *progress) logger() log.Logger {
	if p.out == os.Stderr { // the only place that kind's own logger writes to
		if fancy := cmd.NewLogger(); cmd.ColorEnabled(fancy) {
			return fancy
		}
	}
	return plainLogger{p}
}

// plainLogger makes lines for log files of what kind says: no pictures, and steps once, as they begin, unless they fail.
type plainLogger struct{ to *progress }

func (l plainLogger) Warn(message string)               { l.Info(message) }
func (l plainLogger) Warnf(format string, args ...any)  { l.Infof(format, args...) }
func (l plainLogger) Error(message string)              { l.Info(message) }
func (l plainLogger) Errorf(format string, args ...any) { l.Infof(format, args...) }
func (l plainLogger) Infof(format string, args ...any)  { l.Info(fmt.Sprintf(format, args...)) }

func (l plainLogger) Info(message string) {
	for line := range strings.Lines(message) {
		if line = plain(line); line != "" {
			l.to.say("%s", line)
		}
	}
}

func (l plainLogger) V(level log.Level) log.InfoLogger {
	if level > 0 {
		return log.NoopInfoLogger{}
	}
	return l
}

func (plainLogger) Enabled() bool { return true }

// plain is the line without pictures, or nothing if it only says that the step before it went well.
func plain(line string) string {
	if strings.HasPrefix(line, " ✓ ") {
		return ""
	}
	if step, failed := strings.CutPrefix(line, " ✗ "); failed {
		line = "failed: " + step
	}
	line = strings.Map(func(r rune) rune {
		if r > 0x7f {
			return -1
		}
		return r
	}, line)
	return strings.Join(strings.Fields(line), " ")
}
