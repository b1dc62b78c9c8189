// Package bubble runs something in virtual time in a program that is no test. A bubble of testing/synctest is to be had within a
// test only, so the program is given one, by the door that the go command uses (testing.MainStart).
package bubble

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"testing/synctest"
)

// one: the package testing has one state for the whole program.
var one sync.Mutex

// Run runs something in a bubble, and returns when it is over and every goroutine in it has ended.
func Run(run func(context.Context)) error {
	return Host(func(within func(func(context.Context))) { within(run) })
}

// Host calls body, which may run as much as it likes, one thing after the other, each in a bubble of its own: to get ready for bubbles
// takes longer than a bubble. While it lasts, os.Stdout leads nowhere.
func Host(body func(within func(run func(context.Context)))) error {
	one.Lock()
	defer one.Unlock()
	ran := false
	inside := testing.InternalTest{Name: "bubble", F: func(t *testing.T) {
		body(func(run func(context.Context)) {
			synctest.Test(t, func(t *testing.T) { run(t.Context()) })
		})
		ran = true
	}}
	quiet, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("running in virtual time: %w", err)
	}
	defer quiet.Close() //nolint:errcheck // Nothing is kept there.
	// A test prints that it has passed, and a program that runs some has more to say than that.
	out, args := os.Stdout, os.Args
	os.Stdout, os.Args = quiet, args[:1]
	defer func() { os.Stdout, os.Args = out, args }()
	code := testing.MainStart(deps{}, []testing.InternalTest{inside}, nil, nil, nil).Run()
	if !ran {
		return fmt.Errorf("running in virtual time: expected the bubble to come to its end, it did not (code %d)", code)
	}
	return nil
}
