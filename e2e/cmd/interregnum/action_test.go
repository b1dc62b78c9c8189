package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"go.yaml.in/yaml/v3"
)

var repository = filepath.Join("..", "..", "..")

// action is what is read of the composite action.
type action struct {
	Inputs map[string]struct{ Default *string }
	Runs   struct {
		Steps []struct {
			Uses, Run, Shell string
			Env              map[string]string
		}
	}
}

func readAction(t *testing.T) (action, string) {
	t.Helper()
	path := filepath.Join(repository, ".github", "actions", "interregnum", "action.yml")
	content, err := os.ReadFile(path)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	var a action
	NewWithT(t).Expect(yaml.Unmarshal(content, &a)).To(Succeed())
	return a, filepath.Dir(path)
}

// ran runs the action's own steps, as a runner would, in the folder of somebody else's repository: of what GitHub replaces it uses the
// inputs and its own path only. It returns what the steps said, what they wrote for others, and whether one failed.
func ran(t *testing.T, inputs map[string]string) (said, outputs, summary string, err error) {
	t.Helper()
	g := NewWithT(t)
	a, path := readAction(t)
	path, err = filepath.Abs(path)
	g.Expect(err).NotTo(HaveOccurred())
	replaced := regexp.MustCompile(`\$\{\{ *([^ }]+) *\}\}`)
	fill := func(text string) string {
		return replaced.ReplaceAllStringFunc(text, func(expression string) string {
			name := replaced.FindStringSubmatch(expression)[1]
			input, is := strings.CutPrefix(name, "inputs.")
			switch {
			case name == "github.action_path":
				return path
			case !is || a.Inputs[input].Default == nil:
				t.Fatalf("the action uses %s, which it does not have", expression)
			}
			if given, is := inputs[input]; is {
				return given
			}
			return *a.Inputs[input].Default
		})
	}
	folder, runner := t.TempDir(), t.TempDir()
	env := append(os.Environ(), "RUNNER_TEMP="+runner, "GITHUB_OUTPUT="+filepath.Join(runner, "output"), "GITHUB_STEP_SUMMARY="+filepath.Join(runner, "summary"))
	for _, step := range a.Runs.Steps {
		if step.Run == "" {
			continue
		}
		g.Expect(step.Shell).To(Equal("bash"))
		g.Expect(step.Run).NotTo(ContainSubstring("${{"), "what somebody gives must not become a part of a script")
		command := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
		command.Dir, command.Env = folder, env
		for name, value := range step.Env {
			command.Env = append(command.Env, name+"="+fill(value))
		}
		output, failure := command.CombinedOutput()
		said += string(output)
		if err = failure; err != nil {
			break
		}
	}
	read := func(name string) string {
		content, _ := os.ReadFile(filepath.Join(runner, name)) // What was not written is empty.
		return string(content)
	}
	return said, read("output"), read("summary"), err
}

func TestTheActionRunsTheScenarios(t *testing.T) {
	g := NewWithT(t)
	said, outputs, summary, err := ran(t, map[string]string{"file": "", "on": "sim", "focus": "leader killed", "count": "2", "procs": "1", "profile": "quick"})
	g.Expect(err).NotTo(HaveOccurred(), said)
	g.Expect(outputs).To(Equal("exit-code=0\n"))
	g.Expect(summary).To(And(ContainSubstring("### manager on sim, profile quick"), ContainSubstring("**2 passed, 0 failed")))
}

func TestTheActionFailsAsTheCommandDoes(t *testing.T) {
	g := NewWithT(t)
	said, outputs, _, err := ran(t, map[string]string{"on": "sim", "file": "", "focus": "$(touch here); `touch here`"})
	g.Expect(err).To(HaveOccurred(), said)
	g.Expect(outputs).To(Equal("exit-code=3\n"))
	g.Expect(said).To(ContainSubstring("unknown scenario \"$(touch here); `touch here`\""))
}

var pinned = regexp.MustCompile(`uses: ([^@\s]+)@(\S+)( # v\S+)?`)

// What another repository is given must not be moved, nor differ from what this one uses itself.
func TestTheActionPinsWhatTheWorkflowsPin(t *testing.T) {
	g := NewWithT(t)
	of := func(path string) map[string]string {
		content, err := os.ReadFile(path)
		g.Expect(err).NotTo(HaveOccurred())
		all := map[string]string{}
		for line := range strings.Lines(string(content)) {
			use := pinned.FindStringSubmatch(line)
			if use == nil || strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			g.Expect(use[2]).To(MatchRegexp(`^[0-9a-f]{40}$`), line)
			all[use[1]] = use[2] + use[3]
		}
		return all
	}
	ours := of(filepath.Join(repository, ".github", "workflows", "ci.yml"))
	theirs := of(filepath.Join(repository, ".github", "actions", "interregnum", "action.yml"))
	g.Expect(theirs).To(HaveLen(2))
	for name, commit := range theirs {
		g.Expect(ours).To(HaveKeyWithValue(name, commit))
	}
}
