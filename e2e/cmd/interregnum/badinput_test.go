package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// twoElections builds the subject of testdata/twoelections, and returns its binary and its folder.
func twoElections(t *testing.T) (binary, folder string) {
	t.Helper()
	g := NewWithT(t)
	onEnvtest(t) // The test is skipped before anything is built.
	folder, err := filepath.Abs(filepath.Join("testdata", "twoelections"))
	g.Expect(err).NotTo(HaveOccurred())
	binary = filepath.Join(t.TempDir(), "twoelections")
	built, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, folder).CombinedOutput()
	g.Expect(err).NotTo(HaveOccurred(), string(built))
	return binary, folder
}

// What is wrong with a subject, or its file, and shows only when it runs.
func TestEnvtestSaysWhatIsWrongWithASubject(t *testing.T) {
	binary, folder := twoElections(t)
	whole, err := os.ReadFile(filepath.Join(folder, "interregnum.yaml"))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for name, c := range map[string]struct{ old, with, says string }{
		"it exits at once": {"--kubeconfig=$(KUBECONFIG)", "--kubeconfig=/nowhere", "stat /nowhere: no such file or directory"},
		"its Lease has another name": {"  - name: first\n", "  - name: third\n",
			"the Lease third was never there, but first, second: expected the subject to make it"},
		"it takes other timings": {"    - --lease-duration=$(LEASE_DURATION)\n", "    - --lease-duration=20s\n    - --identity=$(REPLICA)-$(LEASE_DURATION)\n",
			"wrote one that lasts 20s: give $(LEASE_DURATION) to the flag that sets it"},
		"the API server refuses its work": {`labels: {work: "yes"}`, "labels: {work: \"yes\"}\n    data: {number: 1}",
			"expected a work item that can be made, and work-1 never can: "},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			own := t.TempDir()
			rights, err := os.ReadFile(filepath.Join(folder, "rights.yaml"))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(os.WriteFile(filepath.Join(own, "rights.yaml"), rights, 0o600)).To(Succeed())
			text := strings.Replace(string(whole), c.old, c.with, 1)
			g.Expect(text).NotTo(Equal(string(whole)))
			g.Expect(os.WriteFile(filepath.Join(own, "interregnum.yaml"), []byte(text), 0o600)).To(Succeed())
			run, temporary := onEnvtest(t, "-f", filepath.Join(own, "interregnum.yaml"), "--focus", "a lone replica leads")
			run.Env = append(run.Env, "TWO_ELECTIONS="+binary)
			began := time.Now()
			out, errs, code := saidBy(t, run)
			g.Expect(code).To(Equal(exitUnknown), out+errs)
			g.Expect(out).To(ContainSubstring(c.says))
			g.Expect(time.Since(began)).To(BeNumerically("<", time.Minute))
			g.Expect(left(temporary)).To(BeEmpty())
		})
	}
}
