package file_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/subject"
	"github.com/interregnum/interregnum/e2e/subject/file"
)

const whole = `apiVersion: interregnum.dev/v1alpha1
kind: Subject
name: mine
elections:
  - name: my-lock
witnesses: [writes]
account: mine
objects: [rights.yaml]
process:
  binary: mine.sh
  args:
    - --kubeconfig=$(KUBECONFIG)
    - --port=$(PORT:web)
    - --timings=$(LEASE_DURATION),$(RENEW_DEADLINE),$(RETRY_PERIOD)
    - --literally=$$(NAMESPACE)
  env:
    WHERE: $(NAMESPACE)
work:
  every: 250ms
  template: |
    apiVersion: example.org/v1
    kind: Widget
    metadata:
      name: $(ITEM)
  done: object.status.phase == "Done"
standbys:
  - verb: patch
    resource: widgets.example.org/status
known:
  - scenario: leader killed
    breaks: [NothingLost]
    why: it forgets
`

const rights = `apiVersion: v1
kind: ServiceAccount
metadata:
  name: mine
  namespace: $(NAMESPACE)
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: mine-election
  namespace: $(NAMESPACE)
rules:
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    verbs: ["*"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: mine
  namespace: $(NAMESPACE)
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: mine-election}
subjects: [{kind: ServiceAccount, name: mine, namespace: $(NAMESPACE)}]
`

// written puts a file, and what it names, into a folder.
func written(t *testing.T, text string) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range map[string]string{
		"interregnum.yaml": text, "rights.yaml": rights, "no-rights.yaml": strings.Split(rights, "---")[0],
		"broken.yaml": "kind: [", "nameless.yaml": "apiVersion: v1\nkind: Secret\n", "elsewhere.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: $(REPLICA)}\n",
		"mine.sh": "#!/bin/sh\n", "odd.sh": "hello\n", "plain.txt": "",
	} {
		mode := os.FileMode(0o600)
		if strings.HasSuffix(name, ".sh") {
			mode = 0o700
		}
		NewWithT(t).Expect(os.WriteFile(filepath.Join(folder, name), []byte(content), mode)).To(Succeed())
	}
	return filepath.Join(folder, "interregnum.yaml")
}

func TestAFileIsASubject(t *testing.T) {
	g := NewWithT(t)
	path := written(t, whole)
	s, err := file.Load(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Name).To(Equal("mine"))
	g.Expect(s.Elections).To(Equal([]subject.Election{{Name: "my-lock"}}))
	g.Expect(s.Witnesses).To(Equal([]history.Witness{history.Writes}))
	g.Expect(s.Journals()).To(BeFalse())
	g.Expect(s.Binary.Path).To(Equal(filepath.Join(filepath.Dir(path), "mine.sh")))
	g.Expect(s.Standbys).To(Equal([]history.WritePattern{{Verb: "patch", Resource: "widgets.example.org/status"}}))
	g.Expect(s.Known).To(Equal([]subject.Known{{Scenario: "leader killed", Breaks: []string{"NothingLost"}, Why: "it forgets"}}))
	g.Expect(s.LeaseRole()).To(Equal("mine-election"))

	launch := subject.Launch{
		Settings:  subject.Settings{Timings: subject.Timings{LeaseDuration: 6 * time.Second, RenewDeadline: 3 * time.Second, RetryPeriod: time.Second}},
		Namespace: "here", Kubeconfig: "/k", Port: func(name string) (int, error) { return map[string]int{"web": 8443}[name], nil },
	}
	g.Expect(s.Process.Args(launch)).To(Equal([]string{"--kubeconfig=/k", "--port=8443", "--timings=6s,3s,1s", "--literally=$(NAMESPACE)"}))
	g.Expect(s.Process.Env(launch)).To(Equal([]string{"WHERE=here"}))
	g.Expect(s.Process.AsPod).To(Equal(subject.AsPod{}))

	objects, err := s.Objects("here")
	g.Expect(err).NotTo(HaveOccurred())
	for _, object := range objects {
		g.Expect(object.GetNamespace()).To(Equal("here"))
	}

	g.Expect(s.Work.Applied).To(BeFalse(), "there is an object for each item")
	g.Expect(s.Work.Resource.Resource).To(Equal("widgets"))
	item, err := s.Work.Item("here", "work-7")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(item.GetName()).To(Equal("work-7"))
	g.Expect(item.GetNamespace()).To(Equal("here"))
	for phase, is := range map[string]bool{"Done": true, "Doing": false} {
		g.Expect(unstructured.SetNestedField(item.Object, phase, "status", "phase")).To(Succeed())
		_, done, err := s.Work.Done(item)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(done).To(Equal(is))
	}
	_, done, err := s.Work.Done(&unstructured.Unstructured{Object: map[string]any{}})
	g.Expect(err).NotTo(HaveOccurred(), "what is not there yet is no mistake")
	g.Expect(done).To(BeFalse())
}

func TestAProcessMayHaveWhatAPodHas(t *testing.T) {
	g := NewWithT(t)
	for said, is := range map[string]subject.AsPod{
		"[hostname]": {Hostname: true}, "[namespace]": {Namespace: true}, "[namespace, hostname]": {Hostname: true, Namespace: true},
	} {
		s, err := file.Load(written(t, strings.Replace(whole, "  binary: mine.sh", "  binary: mine.sh\n  asPod: "+said, 1)))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(s.Process.AsPod).To(Equal(is))
	}
}

func TestWorkOfOneNameIsAppliedAgainAndAgain(t *testing.T) {
	g := NewWithT(t)
	s, err := file.Load(written(t, strings.Replace(whole, "name: $(ITEM)", "name: one\n      labels: {item: $(ITEM)}", 1)))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Work.Applied).To(BeTrue())
}

func TestWhatASubjectCannotBeGiven(t *testing.T) {
	fixed := strings.Replace(whole, "  - name: my-lock", "  - name: my-lock\n    timings: {leaseDuration: 15s, renewDeadline: 10s, retryPeriod: 2s}", 1)
	production := subject.Timings{LeaseDuration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second}
	for name, c := range map[string]struct {
		file     string
		settings subject.Settings
		says     string
	}{
		"the usual":                {whole, subject.Settings{Timings: production}, ""},
		"its own timings":          {fixed, subject.Settings{Timings: production}, ""},
		"other timings":            {fixed, subject.Settings{}, "mine has timings of its own"},
		"release on cancel":        {whole, subject.Settings{ReleaseOnCancel: true}, "$(RELEASE_ON_CANCEL)"},
		"work that takes long":     {whole, subject.Settings{Drain: time.Second}, "$(DRAIN)"},
		"a graceful timeout":       {whole, subject.Settings{Graceful: time.Second}, "$(GRACEFUL_SHUTDOWN_TIMEOUT)"},
		"release, as always":       {strings.Replace(whole, "account: mine", "account: mine\nreleaseOnCancel: always", 1), subject.Settings{ReleaseOnCancel: true}, ""},
		"release, which it can be": {strings.Replace(whole, "$$(NAMESPACE)", "$(RELEASE_ON_CANCEL)", 1), subject.Settings{ReleaseOnCancel: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := file.Load(written(t, c.file))
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
			err = s.Supports(c.settings)
			if c.says == "" {
				NewWithT(t).Expect(err).NotTo(HaveOccurred())
				return
			}
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring(c.says)))
		})
	}
}

// Each mistake is told with its line and its field, what was expected, and what was found.
func TestWhatIsWrongWithAFile(t *testing.T) {
	for name, c := range map[string]struct{ old, with, says string }{
		"no YAML":                                {"kind: Subject", "kind: [", "expected YAML: did not find"},
		"another version":                        {"v1alpha1", "v9", `:1: apiVersion: expected interregnum.dev/v1alpha1, got "interregnum.dev/v9"`},
		"another kind":                           {"kind: Subject", "kind: Pod", `:2: kind: expected Subject, got "Pod"`},
		"no name":                                {"name: mine\n", "", ":1: name: expected a name for reports, got none"},
		"an unknown field":                       {"account: mine", "acount: mine", ":7: unknown field acount: expected one of apiVersion, kind, name,"},
		"an unknown field, deeper":               {"  binary: mine.sh", "  bin: mine.sh", ":10: unknown field bin: expected one of binary, args, env, asPod"},
		"no election":                            {"elections:\n  - name: my-lock\n", "", "elections: expected the Lease of each election (name), got none"},
		"two elections that nothing tells apart": {"  - name: my-lock", "  - name: my-lock\n  - name: other-lock", ":6: elections[1]: expected which writes only the leader of this election makes (writes)"},
		"two elections about one Lease":          {"  - name: my-lock", "  - name: my-lock\n  - {name: my-lock, writes: [{resource: widgets.example.org}]}", `:6: elections[1].name: expected a Lease of another name, got "my-lock" again`},
		"an election's writes of no resource":    {"  - name: my-lock", "  - name: my-lock\n    writes: [{verb: patch}]", ":6: elections[0].writes[0].resource: expected a resource"},
		"a Lease of no name":                     {"name: my-lock", "name: My Lock", `:5: elections[0].name: expected the name of a Lease, got "My Lock"`},
		"timings that cannot work":               {"  - name: my-lock", "  - name: my-lock\n    timings: {leaseDuration: 1s, renewDeadline: 10s, retryPeriod: 2s}", ":6: elections[0].timings: expected leaseDuration above renewDeadline"},
		"a duration that is none":                {"every: 250ms", "every: often", ":19: cannot unmarshal"},
		"no witnesses":                           {"witnesses: [writes]\n", "", "witnesses: expected what its acts are known from: writes"},
		"an unknown witness":                     {"[writes]", "[gossip]", `:6: witnesses[0]: expected writes or journals, got "gossip"`},
		"no account":                             {"account: mine\n", "", "account: expected the name of the ServiceAccount"},
		"an account without rights":              {"objects: [rights.yaml]", "objects: [no-rights.yaml]", ":7: account: expected a RoleBinding or a ClusterRoleBinding"},
		"objects that are not there":             {"[rights.yaml]", "[rights.yaml, missing.yaml]", ":8: objects[1]: open "},
		"objects that are no YAML":               {"[rights.yaml]", "[rights.yaml, broken.yaml]", ":8: objects[1]: expected Kubernetes objects"},
		"objects without a name":                 {"[rights.yaml]", "[rights.yaml, nameless.yaml]", `:8: objects[1]: expected objects with a kind and a name, got kind "Secret" and name ""`},
		"objects with an odd placeholder":        {"[rights.yaml]", "[rights.yaml, elsewhere.yaml]", ":8: objects[1]: unknown placeholder $(REPLICA): expected $(NAMESPACE)"},
		"no process":                             {whole[strings.Index(whole, "process:"):strings.Index(whole, "work:")], "", "process: expected how to start it"},
		"no binary":                              {"  binary: mine.sh\n", "", ":9: process.binary: expected the path of an executable, got none"},
		"a binary that is not there":             {"mine.sh", "missing", ":10: process.binary: expected the path of an executable: stat "},
		"a binary that is none":                  {"mine.sh", "plain.txt", "is not executable (mode -rw-------): chmod +x it"},
		"a binary that this machine cannot run":  {"mine.sh", "odd.sh", "is neither a program (ELF) nor a script"},
		"a variable that is not set":             {"mine.sh", "${INTERREGNUM_NOWHERE}/mine.sh", ":10: process.binary: expected the environment variable INTERREGNUM_NOWHERE to be set"},
		"an unknown placeholder":                 {"$(KUBECONFIG)", "$(KUBECONFG)", ":12: process.args[0]: unknown placeholder $(KUBECONFG): expected one of $(ACT_PERIOD)"},
		"one in the environment":                 {"WHERE: $(NAMESPACE)", "WHERE: $(NAMESPCE)", ":17: process.env.WHERE: unknown placeholder $(NAMESPCE)"},
		"timings that are not passed":            {"$(RETRY_PERIOD)", "2s", ":11: process.args: expected $(RETRY_PERIOD) among the arguments"},
		"no work":                                {whole[strings.Index(whole, "work:"):strings.Index(whole, "standbys:")], "", "work: expected what keeps the leader at work"},
		"work that never comes":                  {"  every: 250ms\n", "", "work.every: expected how often there is a work item, such as 250ms, got 0s"},
		"a template that is no object":           {"kind: Widget", "sort: Widget", `:20: work.template: expected an object with apiVersion and kind, got apiVersion "example.org/v1" and kind ""`},
		"a template without a name":              {"      name: $(ITEM)", "      labels: {}", ":20: work.template: expected an object with metadata.name"},
		"a template with another placeholder":    {"name: $(ITEM)", "name: $(REPLICA)", ":20: work.template: unknown placeholder $(REPLICA): expected $(ITEM) or $(NAMESPACE)"},
		"a template that never changes":          {"name: $(ITEM)", "name: one", ":20: work.template: expected $(ITEM) somewhere in it"},
		"no expression":                          {`  done: object.status.phase == "Done"` + "\n", "", "work.done: expected a CEL expression that says of an object"},
		"an expression that does not compile":    {`== "Done"`, `=== "Done"`, ":25: work.done: expected a CEL expression over object: ERROR"},
		"an expression that is no bool":          {`object.status.phase == "Done"`, `'"Done"'`, ":25: work.done: expected a CEL expression that is true or false, got one that is string"},
		"an expression about something else":     {"object.status", "widget.status", "undeclared reference to 'widget'"},
		"a standby's write of nothing":           {"    resource: widgets.example.org/status\n", "", ":27: standbys[0].resource: expected a resource"},
		"nothing known of it":                    {"    why: it forgets\n", "", ":30: known[0]: expected the scenario, what it breaks, and why"},
		"an odd way to release":                  {"account: mine", "account: mine\nreleaseOnCancel: sometimes", `:8: releaseOnCancel: expected always, where it cannot be set and is so, or nothing; got "sometimes"`},
		"nothing at all":                         {whole, "", "apiVersion: expected interregnum.dev/v1alpha1"},
		"objects in a folder of no name":         {"[rights.yaml]", "[rights.yaml, \"${INTERREGNUM_NOWHERE}/crds.yaml\"]", ":8: objects[1]: expected the environment variable INTERREGNUM_NOWHERE to be set"},
		"what no pod has":                        {"  binary: mine.sh", "  binary: mine.sh\n  asPod: [hostname, wheels]", `:11: process.asPod[1]: expected hostname or namespace, got "wheels"`},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(whole).To(ContainSubstring(c.old))
			path := written(t, strings.Replace(whole, c.old, c.with, 1))
			_, err := file.Load(path)
			g.Expect(err).To(MatchError(ContainSubstring(c.says)))
			if strings.HasPrefix(c.says, ":") {
				g.Expect(err).To(MatchError(ContainSubstring(path + c.says)))
			}
		})
	}
}

// Nobody should have to try again for each mistake.
func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	g := NewWithT(t)
	text := strings.NewReplacer("[writes]", "[gossip]", "mine.sh", "missing", "$(KUBECONFIG)", "$(KUBECONFG)", `== "Done"`, "===").Replace(whole)
	_, err := file.Load(written(t, text))
	g.Expect(err).To(HaveOccurred())
	g.Expect(strings.Count(err.Error(), "expected")).To(BeNumerically(">=", 4))
}

func FuzzLoad(f *testing.F) {
	f.Add(whole)
	f.Add("apiVersion: interregnum.dev/v1alpha1\nkind: Subject\nelections: [{}]\nwork: {template: '- 1'}\n")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "interregnum.yaml")
		if os.WriteFile(path, []byte(text), 0o600) == nil {
			_, _ = file.Load(path) // It must not panic.
		}
	})
}
