package main

import (
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
)

// A subject that takes part in two elections is judged in both, whomever the faults hit.
func TestEnvtestTwoElections(t *testing.T) {
	g := NewWithT(t)
	binary, folder := twoElections(t)
	run := func(wrong string) (out, errs string, code int) {
		command, _ := onEnvtest(t, "-f", filepath.Join(folder, "interregnum.yaml"), "--focus", "leader killed")
		command.Env = append(command.Env, "TWO_ELECTIONS="+binary, "WRONG="+wrong)
		return saidBy(t, command)
	}
	out, errs, code := run("")
	g.Expect(code).To(Equal(exitHeld), out+errs)
	out, errs, code = run("yes")
	g.Expect(code).To(Equal(exitBroke), out+errs)
	g.Expect(out).To(And(ContainSubstring("leader killed: broke"), ContainSubstring("election second: ")))
}
