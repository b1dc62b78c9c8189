package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/interregnum/interregnum/e2e/binary"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/subject"
)

// Load reads a subject from a file. Paths in it are meant from the folder of the file. All that can be checked without a cluster is
// checked, and everything that is wrong is told at once: one error a line, with the file's line and field, what was expected and what
// was found.
func Load(path string) (*subject.Subject, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the subject's file: %w", err)
	}
	p := &problems{path: path, root: &yaml.Node{}}
	if err := yaml.Unmarshal(content, p.root); err != nil {
		p.decoding(err)
		return nil, p.err()
	}
	var d document
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&d); err != nil && !errors.Is(err, io.EOF) {
		p.decoding(err)
		return nil, p.err()
	}
	s := p.subject(d, filepath.Dir(path))
	if err := p.err(); err != nil {
		return nil, err
	}
	return s, nil
}

// always is what a file says of a controller that releases its Lease whenever it is told to stop.
const always = "always"

func (p *problems) subject(d document, folder string) *subject.Subject {
	p.oneOf([]any{"apiVersion"}, d.APIVersion, apiVersion)
	p.oneOf([]any{"kind"}, d.Kind, kind)
	if d.Name == "" {
		p.at([]any{"name"}, "expected a name for reports, got none")
	}
	s := &subject.Subject{
		Name: d.Name, Account: d.Account, Witnesses: d.Witnesses, ClusterWide: d.ClusterWide,
		Elections: p.elections(d.Elections), Objects: p.objects(folder, d.Objects), Work: p.work(d.Work),
	}
	if s.AlwaysReleases = d.ReleaseOnCancel == always; !s.AlwaysReleases && d.ReleaseOnCancel != "" {
		p.at([]any{"releaseOnCancel"}, "expected %s, where it cannot be set and is so, or nothing; got %q", always, d.ReleaseOnCancel)
	}
	p.witnesses(d)
	p.account(d, s)
	if d.Process == nil && d.Pods == nil {
		p.at([]any{"process"}, "expected how to start it: as a process (binary, args, env), or as pods (manifests, workload); got nothing")
	}
	if d.Pods != nil {
		s.Binary, s.Pods = p.pods(d.Pods, d.Account, folder)
	}
	if d.Process != nil {
		s.Binary, s.Process = p.process(d.Process, folder)
	}
	s.Standbys = p.writes([]any{"standbys"}, d.Standbys)
	for i, k := range d.Known {
		if k.Scenario == "" || len(k.Breaks) == 0 || k.Why == "" {
			p.at([]any{"known", i}, "expected the scenario, what it breaks, and why, got %+v", k)
		}
		s.Known = append(s.Known, subject.Known{Scenario: k.Scenario, Breaks: k.Breaks, Sometimes: k.Sometimes, Why: k.Why})
	}
	s.Supports = p.supports(d, folder)
	return s
}

func (p *problems) elections(said []election) (all []subject.Election) {
	if len(said) == 0 {
		p.at([]any{"elections"}, "expected the Lease of each election (name), got none")
	}
	for i, e := range said {
		if wrong := validation.IsDNS1123Subdomain(e.Name); len(wrong) > 0 {
			p.at([]any{"elections", i, "name"}, "expected the name of a Lease, got %q: %s", e.Name, wrong[0])
		}
		one := subject.Election{Namespace: e.Namespace, Name: e.Name}
		if t := e.Timings; t != nil {
			one.Timings = &subject.Timings{LeaseDuration: t.LeaseDuration, RenewDeadline: t.RenewDeadline, RetryPeriod: t.RetryPeriod}
			if t.RetryPeriod <= 0 || t.RenewDeadline <= t.RetryPeriod || t.LeaseDuration <= t.RenewDeadline {
				p.at([]any{"elections", i, "timings"}, "expected leaseDuration above renewDeadline above retryPeriod above zero, got %v, %v and %v",
					t.LeaseDuration, t.RenewDeadline, t.RetryPeriod)
			}
		}
		one.Writes = p.writes([]any{"elections", i, "writes"}, e.Writes)
		all = append(all, one)
	}
	p.apart(said)
	return all
}

// apart says where several elections cannot be told from each other.
func (p *problems) apart(said []election) {
	silent, names := 0, map[string]bool{}
	for i, e := range said {
		if len(e.Writes) == 0 {
			silent++
		}
		switch {
		case names[e.Name]:
			p.at([]any{"elections", i, "name"}, "expected a Lease of another name, got %q again", e.Name)
		case silent > 1 && len(e.Writes) == 0:
			p.at([]any{"elections", i}, "expected which writes only the leader of this election makes (writes): of several elections one may go without, which then has all others")
		}
		names[e.Name] = true
	}
}

// writes are those that patterns name.
func (p *problems) writes(at []any, said []writePattern) (all []history.WritePattern) {
	for i, w := range said {
		if w.Resource == "" {
			p.at(slices.Concat(at, []any{i, "resource"}), "expected a resource, such as deployments.apps/status, or * for all; got none")
		}
		all = append(all, history.WritePattern{Verb: w.Verb, Resource: w.Resource})
	}
	return all
}

func (p *problems) witnesses(d document) {
	if len(d.Witnesses) == 0 {
		p.at([]any{"witnesses"}, "expected what its acts are known from: %s, or %s too if it keeps a journal (see controller/journal)", history.Writes, history.Journals)
	}
	for i, w := range d.Witnesses {
		p.oneOf([]any{"witnesses", i}, string(w), string(history.Writes), string(history.Journals))
	}
}

// account looks whether there is one, and whether it has rights.
func (p *problems) account(d document, s *subject.Subject) {
	if wrong := validation.IsDNS1123Subdomain(d.Account); len(wrong) > 0 {
		p.at([]any{"account"}, "expected the name of the ServiceAccount that the replicas run as, got %q: %s", d.Account, wrong[0])
		return
	}
	found, err := s.Objects("default")
	if err != nil {
		return // It is said already.
	}
	if !bound(found, d.Account) {
		p.at([]any{"account"}, "expected a RoleBinding or a ClusterRoleBinding for the ServiceAccount %q among the objects, got none: without rights it cannot use its Lease", d.Account)
	}
}

func (p *problems) process(said *process, folder string) (history.Binary, *subject.Process) {
	path, set := p.withEnvironment([]any{"process", "binary"}, said.Binary)
	var found history.Binary
	switch {
	case !set: // It is said.
	case path == "":
		p.at([]any{"process", "binary"}, "expected the path of an executable, got none")
	default:
		var err error
		if found, err = binary.Executable(within(folder, path)); err != nil {
			p.at([]any{"process", "binary"}, "%v", err)
		}
	}
	for i, argument := range said.Args {
		for _, name := range unknown(argument, isOfLife) {
			p.at([]any{"process", "args", i}, "unknown placeholder %s: expected one of %s", name, strings.Join(knownOfLife(), ", "))
		}
	}
	for variable, value := range said.Env {
		for _, name := range unknown(value, isOfLife) {
			p.at([]any{"process", "env", variable}, "unknown placeholder %s: expected one of %s", name, strings.Join(knownOfLife(), ", "))
		}
	}
	return found, &subject.Process{
		AsPod: p.asPod(said.AsPod),
		Args: func(launch subject.Launch) (args []string, err error) {
			for _, argument := range said.Args {
				expanded, err := forLife(argument, launch)
				if err != nil {
					return nil, err
				}
				args = append(args, expanded)
			}
			return args, nil
		},
		Env: func(launch subject.Launch) (env []string, err error) {
			for variable, value := range said.Env {
				expanded, err := forLife(value, launch)
				if err != nil {
					return nil, err
				}
				env = append(env, variable+"="+expanded)
			}
			slices.Sort(env)
			return env, nil
		},
	}
}

// What a file may say that a process is to have as a pod has it.
const (
	hostname      = "hostname"
	namespaceFile = "namespace"
)

func (p *problems) asPod(said []string) (as subject.AsPod) {
	for i, what := range said {
		p.oneOf([]any{"process", "asPod", i}, what, hostname, namespaceFile)
	}
	return subject.AsPod{Hostname: slices.Contains(said, hostname), Namespace: slices.Contains(said, namespaceFile)}
}

// supports says of settings whether the subject can be given them: it has a placeholder for each that is not as usual.
func (p *problems) supports(d document, folder string) func(subject.Settings) error {
	var ways [][]string
	if d.Process != nil {
		ways = append(ways, append(values(d.Process.Env), d.Process.Args...))
	}
	if d.Pods != nil {
		if texts := d.Pods.texts(folder); len(texts) > 0 { // Else something is wrong with them, and said.
			ways = append(ways, texts)
		}
	}
	// Where it can be started in two ways, what is true of it must be true of both.
	has := func(name string) bool {
		return !slices.ContainsFunc(ways, func(texts []string) bool {
			return !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, name) })
		})
	}
	var fixed *timings
	if len(d.Elections) > 0 {
		fixed = d.Elections[0].Timings
	}
	if len(ways) > 0 && fixed == nil {
		field := []any{"process", "args"}
		if d.Process == nil {
			field = []any{"pods"}
		}
		for _, name := range timingPlaceholders {
			if !has(name) {
				p.at(field, "expected %s among the arguments; a subject whose timings cannot be set says them (elections, timings)", name)
			}
		}
	}
	return func(s subject.Settings) error {
		switch {
		case fixed != nil && s.Timings != (subject.Timings{LeaseDuration: fixed.LeaseDuration, RenewDeadline: fixed.RenewDeadline, RetryPeriod: fixed.RetryPeriod}):
			return fault.Unsupported(fmt.Sprintf("%s has timings of its own, which cannot be set", d.Name))
		case s.ReleaseOnCancel && d.ReleaseOnCancel != always && !has(releaseOnCancel):
			return fault.Unsupported(fmt.Sprintf("%s does not release its Lease on cancel, or cannot be told to (%s)", d.Name, releaseOnCancel))
		case s.Drain != 0 && !has(drain):
			return fault.Unsupported(fmt.Sprintf("%s cannot be given work that takes long to stop (%s)", d.Name, drain))
		case s.Graceful != 0 && !has(graceful):
			return fault.Unsupported(fmt.Sprintf("%s cannot be told how long to wait for its work (%s)", d.Name, graceful))
		}
		return nil
	}
}

func values(of map[string]string) (all []string) {
	for _, value := range of {
		all = append(all, value)
	}
	return all
}
