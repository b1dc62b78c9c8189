package survey

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// argument is what stands for a flag in the file: one argument, or two, and what there is to say of them.
type argument struct {
	texts []string
	note  string
}

// todo begins what a person must decide.
const todo = "TODO: "

// placed is what is known of a controller's arguments once placeholders stand for what a run decides.
type placed struct {
	arguments []argument
	// has are the placeholders that there are among them.
	has map[string]bool
	// config is a file that it reads its settings from; empty, if no flag says so.
	config string
	// off: leader election is switched off.
	off bool
}

// place puts placeholders into the arguments.
func (c *Controller) place() placed {
	p := placed{has: map[string]bool{}}
	for _, f := range flagsOf(c.Container) {
		value, unknown := c.expand(f.value)
		a := c.placeholder(f, value, &p)
		if len(unknown) > 0 && strings.Contains(strings.Join(a.texts, " "), "TODO") {
			a.note = fmt.Sprintf("%s$(%s) comes from a Secret, a ConfigMap or the pod: expected its value", todo, strings.Join(unknown, "), $("))
		}
		p.arguments = append(p.arguments, a)
	}
	if c.ofComponentBase() {
		for _, one := range []struct{ flag, placeholder string }{
			{"leader-elect-lease-duration", "$(LEASE_DURATION)"}, {"leader-elect-renew-deadline", "$(RENEW_DEADLINE)"},
			{"leader-elect-retry-period", "$(RETRY_PERIOD)"}, {"leader-elect-resource-namespace", "$(NAMESPACE)"},
		} {
			if !p.has[one.placeholder] || one.placeholder == "$(NAMESPACE)" && !p.hasFlag(one.flag) {
				p.add(argument{[]string{"--" + one.flag + "=" + one.placeholder}, "Not set in the cluster, where it has the default."}, one.placeholder)
			}
		}
	}
	return p
}

func (p *placed) add(a argument, placeholder string) {
	p.has[placeholder] = true
	p.arguments = append(p.arguments, a)
}

func (p *placed) hasFlag(name string) bool {
	for _, a := range p.arguments {
		if flagged, _, _ := strings.Cut(strings.TrimLeft(a.texts[0], "-"), "="); flagged == name {
			return true
		}
	}
	return false
}

var (
	address = regexp.MustCompile(`^([A-Za-z0-9.\[\]:-]*):(\d+)$`)
	number  = regexp.MustCompile(`^\d+$`)
	gate    = regexp.MustCompile(`(ControllerManagerReleaseLeaderElectionLockOnExit=)(true|false)`)
)

// placeholder is what stands for one flag.
func (c *Controller) placeholder(f flag, value string, p *placed) argument {
	name := dashed(f.name)
	put := func(with, note string) argument {
		for _, found := range reference.FindAllString(with, -1) {
			p.has[found] = true
		}
		return argument{f.with(with), note}
	}
	switch {
	case strings.HasSuffix(name, "kubeconfig"):
		return put("$(KUBECONFIG)", "")
	case isTiming(f.name) && number.MatchString(value):
		return put(value, fmt.Sprintf("%sit takes a bare number, and %s is a duration such as 15s: without a flag for that, its timings are said above (elections, timings)", todo, timingOf(f.name)))
	case isTiming(f.name):
		return put(timingOf(f.name), "In the cluster "+value)
	case namesNamespace(f.name):
		return put("$(NAMESPACE)", "In the cluster "+value)
	case strings.Contains(name, "release-on-cancel"):
		return put("$(RELEASE_ON_CANCEL)", "In the cluster "+or(value, "true"))
	case gate.MatchString(value):
		return put(gate.ReplaceAllString(value, "${1}$$(RELEASE_ON_CANCEL)"), "")
	case strings.Contains(name, "graceful-shutdown-timeout"):
		return put("$(GRACEFUL_SHUTDOWN_TIMEOUT)", "In the cluster "+value)
	case name == "leader-elect" || name == "enable-leader-election" || name == "leader-election":
		p.off = value == "false"
		return put(value, "")
	case name == "cert-dir":
		return put("$(FOLDER)", "It writes its certificates there, if there are none.")
	case f.form != word && address.MatchString(value) && strings.Contains(name, "addr"):
		return put(fmt.Sprintf("127.0.0.1:$(PORT:%s)", portName(name)), "")
	case f.form != word && number.MatchString(value) && value != "0" && strings.HasSuffix(name, "port"):
		return put(fmt.Sprintf("$(PORT:%s)", portName(name)), "")
	case name == "config" || strings.HasSuffix(name, "-config") && path.IsAbs(value):
		p.config = value
		return put(value, todo+"it reads its settings from a file: put it beside this one, with the timings of the election as they are here, and without addresses that several replicas on one machine would share")
	case path.IsAbs(value):
		return put(value, todo+"expected a path on this machine; there it is one in the container"+c.mounted(value))
	case value == c.Namespace && f.form != word:
		return put("$(NAMESPACE)", "In the cluster "+value)
	}
	return put(value, "")
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// portName is what a port is called after the flag that sets it.
func portName(flag string) string {
	for _, ending := range []string{"-bind-address", "-address", "-addr", "-bind-port", "-port"} {
		if cut, is := strings.CutSuffix(flag, ending); is {
			return cut
		}
	}
	return flag
}

// mounted says what a path in the container is mounted from.
func (c *Controller) mounted(at string) string {
	for _, mount := range c.Container.VolumeMounts {
		if at == mount.MountPath || strings.HasPrefix(at, strings.TrimSuffix(mount.MountPath, "/")+"/") {
			return fmt.Sprintf(", of the volume %s", mount.Name)
		}
	}
	return ""
}

// ofComponentBase says whether it is one of Kubernetes' own components, or made like them: those take the flags of
// k8s.io/component-base for their election, all of them where they take one.
func (c *Controller) ofComponentBase() bool {
	switch path.Base(first(c.Container.Command)) {
	case "kube-controller-manager", "kube-scheduler", "cloud-controller-manager":
		return true
	}
	for _, f := range flagsOf(c.Container) {
		if strings.HasPrefix(f.name, "leader-elect-") {
			return true
		}
	}
	return false
}

// program is what the container runs, in words.
func (c *Controller) program() string {
	if len(c.Container.Command) == 0 {
		return fmt.Sprintf("the image %s", c.Container.Image)
	}
	return fmt.Sprintf("%s, of the image %s", c.Container.Command[0], c.Container.Image)
}

// variable is one of the environment.
type variable struct{ name, value, note string }

// environment is what it is started with there, and what it needs here to find the API server.
func (c *Controller) environment(p placed) (all []variable) {
	if !p.has["$(KUBECONFIG)"] {
		all = append(all, variable{"KUBECONFIG", "$(KUBECONFIG)", "No flag of it says which API server to use; most go by this."})
	}
	for _, one := range c.Container.Env {
		switch value, known := ofVariable(one); {
		case one.Name == "KUBECONFIG":
		case !known:
			all = append(all, variable{one.Name, "TODO", todo + "expected its value, which comes " + source(one.ValueFrom)})
		case one.ValueFrom == nil:
			expanded, unknown := c.expand(value)
			note := ""
			if len(unknown) > 0 {
				note = todo + "expected the value of $(" + strings.Join(unknown, "), $(") + ") in it"
			}
			all = append(all, variable{one.Name, expanded, note})
		default:
			all = append(all, variable{one.Name, value, ""})
		}
	}
	return all
}

func source(from *corev1.EnvVarSource) string {
	switch {
	case from.SecretKeyRef != nil:
		return fmt.Sprintf("from the Secret %s, key %s, and was not read", from.SecretKeyRef.Name, from.SecretKeyRef.Key)
	case from.ConfigMapKeyRef != nil:
		return fmt.Sprintf("from the ConfigMap %s, key %s", from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Key)
	case from.FieldRef != nil:
		return "from the pod, field " + from.FieldRef.FieldPath
	}
	return "from elsewhere"
}
