package main

import (
	"encoding/json"
	"os/exec"
	"testing"

	. "github.com/onsi/gomega"
)

// The go command installs nothing of another module whose go.mod replaces or excludes something (go help install).
func TestItCanBeInstalled(t *testing.T) {
	g := NewWithT(t)
	edit := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json")
	edit.Dir = repository
	printed, err := edit.Output()
	g.Expect(err).NotTo(HaveOccurred())
	var module struct{ Replace, Exclude []any }
	g.Expect(json.Unmarshal(printed, &module)).To(Succeed())
	g.Expect(module.Replace).To(BeEmpty())
	g.Expect(module.Exclude).To(BeEmpty())

	out, errs, code := said(t, "version")
	g.Expect(code).To(Equal(exitHeld), errs)
	g.Expect(out).To(MatchRegexp(`^interregnum \S+ \(go1\.\S+, controller-runtime v0\.\S+, client-go v0\.\S+\)\n$`))
}

func TestAShellCompletes(t *testing.T) {
	g := NewWithT(t)
	for args, values := range map[[3]string][]string{
		{"run", "--on", ""}:                {"sim\n", "envtest\n", "kind\n"},
		{"run", "--profile", ""}:           {"quick\n", "production\n"},
		{"run", "--focus", "leader kille"}: {"leader killed\n", "leader killed before ten standbys\n"},
		{"advise", "--output", ""}:         {"text\n", "json\n"},
	} {
		out, errs, code := said(t, append([]string{"__complete"}, args[:]...)...)
		g.Expect(code).To(Equal(exitHeld), errs)
		for _, value := range values {
			g.Expect(out).To(ContainSubstring(value))
		}
	}
	out, _, code := said(t, "completion", "bash")
	g.Expect(code).To(Equal(exitHeld))
	g.Expect(out).To(ContainSubstring("__start_interregnum"))
}
