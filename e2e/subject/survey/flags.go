package survey

import (
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// flag is one argument of a container: --name=value, --name value, --name, or a word.
type flag struct {
	dashes, name, value string
	form                form
}

type form int

const (
	word form = iota
	joined
	apart
	bare
)

// flagsOf are the arguments that a container is started with, behind the program. A word that follows a flag is taken for its value.
func flagsOf(container corev1.Container) (flags []flag) {
	arguments := slices.Concat(container.Command, container.Args)
	if len(container.Command) > 0 {
		arguments = arguments[1:]
	}
	for i := 0; i < len(arguments); i++ {
		name := strings.TrimLeft(arguments[i], "-")
		f := flag{dashes: strings.Repeat("-", len(arguments[i])-len(name)), name: name, form: bare}
		switch key, value, is := strings.Cut(name, "="); {
		case f.dashes == "" || f.dashes == arguments[i]:
			f = flag{value: arguments[i], form: word}
		case is:
			f.name, f.value, f.form = key, value, joined
		case i+1 < len(arguments) && !strings.HasPrefix(arguments[i+1], "-"):
			i++
			f.value, f.form = arguments[i], apart
		}
		flags = append(flags, f)
	}
	return flags
}

// with is the flag with another value, as it is written: in one argument, or in two.
func (f flag) with(value string) []string {
	switch f.form {
	case word:
		return []string{value}
	case apart:
		return []string{f.dashes + f.name, value}
	case bare:
		if value == "" {
			return []string{f.dashes + f.name}
		}
	case joined:
	}
	return []string{f.dashes + f.name + "=" + value}
}

// isTiming says whether a flag sets one of the timings of an election.
func isTiming(name string) bool { return timingOf(name) != "" }

// timings are the placeholders of timings, by what the names of flags end with. Others with such names there are, too: a retry period
// of something else is none of an election.
var timings = []struct{ ending, placeholder string }{
	{"lease-duration", "$(LEASE_DURATION)"}, {"renew-deadline", "$(RENEW_DEADLINE)"}, {"retry-period", "$(RETRY_PERIOD)"},
}

// timingOf is the placeholder of the timing that a flag sets; empty, if it sets none.
func timingOf(name string) string {
	name = dashed(name)
	for _, t := range timings {
		if name == t.ending || strings.HasSuffix(name, "-"+t.ending) && strings.Contains(name, "lea") {
			return t.placeholder
		}
	}
	return ""
}

var hump = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// dashed is a flag's name as most write it: leaseDuration and lease_duration are lease-duration.
func dashed(name string) string {
	return strings.ToLower(strings.ReplaceAll(hump.ReplaceAllString(name, "$1-$2"), "_", "-"))
}

// leaseFlag is the name of the Lease that the flags give, and the flag that does; empty, if there is none.
func (c *Controller) leaseFlag() (lease, name string) {
	for _, f := range flagsOf(c.Container) {
		if namesLease(f.name) {
			value, _ := c.expand(f.value)
			return value, f.name
		}
	}
	return "", ""
}

func namesLease(name string) bool {
	name = dashed(name)
	about := strings.Contains(name, "leader") || strings.Contains(name, "lease") || strings.Contains(name, "lock")
	return about && !strings.Contains(name, "identity") && !strings.Contains(name, "namespace") &&
		(strings.HasSuffix(name, "-id") || strings.HasSuffix(name, "-name"))
}

// namesNamespace says whether a flag says where the Lease is.
func namesNamespace(name string) bool {
	name = dashed(name)
	return (strings.Contains(name, "leader") || strings.Contains(name, "lease") || strings.Contains(name, "lock")) && strings.HasSuffix(name, "namespace")
}

var reference = regexp.MustCompile(`\$\(([A-Za-z_][A-Za-z0-9_]*)\)`)

// expand puts the container's environment into a value, as a kubelet does: what is the same in all pods as it is, and what is each
// pod's own as a placeholder. unknown are the variables whose values are not in the manifest.
func (c *Controller) expand(value string) (expanded string, unknown []string) {
	expanded = reference.ReplaceAllStringFunc(value, func(found string) string {
		name := reference.FindStringSubmatch(found)[1]
		for _, variable := range c.Container.Env {
			if variable.Name != name {
				continue
			}
			if with, known := ofVariable(variable); known {
				return with
			}
		}
		unknown = append(unknown, name)
		return "TODO"
	})
	return expanded, unknown
}

// ofVariable is the value of a variable of the environment, and whether that can be told.
func ofVariable(variable corev1.EnvVar) (value string, known bool) {
	from := variable.ValueFrom
	switch {
	case from == nil:
		return variable.Value, true
	case from.FieldRef == nil:
		return "", false
	}
	switch from.FieldRef.FieldPath {
	case "metadata.namespace":
		return "$(NAMESPACE)", true
	case "metadata.name":
		return "$(REPLICA)", true
	}
	return "", false
}
