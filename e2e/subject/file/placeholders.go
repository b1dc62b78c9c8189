package file

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/interregnum/interregnum/e2e/subject"
)

// placeholder is $(NAME), as Kubernetes has it in the arguments of containers; $(PORT:name) has a part of its own; $$(NAME) stands
// for itself.
var placeholder = regexp.MustCompile(`\$?\$\([A-Za-z_]+(:[A-Za-z0-9_-]*)?\)`)

// The placeholders that say what a scenario can set.
const (
	releaseOnCancel = "$(RELEASE_ON_CANCEL)"
	drain           = "$(DRAIN)"
	graceful        = "$(GRACEFUL_SHUTDOWN_TIMEOUT)"
	item            = "$(ITEM)"
	namespace       = "$(NAMESPACE)"
)

var timingPlaceholders = []string{"$(LEASE_DURATION)", "$(RENEW_DEADLINE)", "$(RETRY_PERIOD)"}

// ofLife are the placeholders of a life that is about to begin, but for ports.
var ofLife = map[string]func(subject.Launch) string{
	"$(KUBECONFIG)":     func(l subject.Launch) string { return l.Kubeconfig },
	namespace:           func(l subject.Launch) string { return l.Namespace },
	"$(REPLICA)":        func(l subject.Launch) string { return l.Replica },
	"$(FOLDER)":         func(l subject.Launch) string { return l.Folder },
	"$(JOURNAL)":        func(l subject.Launch) string { return l.Journal },
	"$(LEASE_DURATION)": func(l subject.Launch) string { return l.LeaseDuration.String() },
	"$(RENEW_DEADLINE)": func(l subject.Launch) string { return l.RenewDeadline.String() },
	"$(RETRY_PERIOD)":   func(l subject.Launch) string { return l.RetryPeriod.String() },
	"$(ACT_PERIOD)":     func(l subject.Launch) string { return l.ActPeriod.String() },
	releaseOnCancel:     func(l subject.Launch) string { return strconv.FormatBool(l.ReleaseOnCancel) },
	drain:               func(l subject.Launch) string { return l.Drain.String() },
	graceful: func(l subject.Launch) string {
		if l.Graceful == 0 {
			return subject.DefaultGraceful.String()
		}
		return l.Graceful.String()
	},
}

const ports = "$(PORT:"

// knownOfLife lists them for an error.
func knownOfLife() []string {
	return append(slices.Sorted(maps.Keys(ofLife)), ports+"name)")
}

// unknown are the placeholders in a text that are none of the known ones.
func unknown(text string, known func(string) bool) (found []string) {
	for _, name := range placeholder.FindAllString(text, -1) {
		if !strings.HasPrefix(name, "$$") && !known(name) && !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	return found
}

func isOfLife(name string) bool { return ofLife[name] != nil || strings.HasPrefix(name, ports) }

// expand puts values in the place of placeholders.
func expand(text string, value func(name string) (string, error)) (string, error) {
	var failed error
	expanded := placeholder.ReplaceAllStringFunc(text, func(name string) string {
		if escaped, is := strings.CutPrefix(name, "$$"); is {
			return "$" + escaped
		}
		with, err := value(name)
		if err != nil && failed == nil {
			failed = err
		}
		return with
	})
	return expanded, failed
}

// forLife expands the placeholders of a life.
func forLife(text string, launch subject.Launch) (string, error) {
	return expand(text, func(name string) (string, error) {
		if of := ofLife[name]; of != nil {
			return of(launch), nil
		}
		if port, is := strings.CutPrefix(name, ports); is {
			number, err := launch.Port(strings.TrimSuffix(port, ")"))
			return strconv.Itoa(number), err
		}
		return "", fmt.Errorf("unknown placeholder %s", name)
	})
}
