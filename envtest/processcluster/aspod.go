package processcluster

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"

	"github.com/interregnum/interregnum/e2e/subject"
)

// unshare gives a process namespaces of its own (util-linux).
const unshare = "unshare"

// asPodScript becomes the program $4 with its arguments, once it has the host name $1 (none, if that is empty) and, unless $2 is
// empty, the file that says that the namespace is $2. For that all of /run is another one, which exists for this process and what it
// starts alone, and in which everything else is as before: $3 is an empty folder, where the old one is seen. A system call is all
// there is to it until the exec: the process number stays, and signals reach whoever they are meant for.
const asPodScript = `set -eu
name=$1 namespace=$2 old=$3
shift 3
[ -z "$name" ] || hostname "$name"
if [ -n "$namespace" ]; then
	mount --rbind /run "$old"
	mount -t tmpfs -o mode=755 interregnum /run
	for entry in "$old"/* "$old"/.[!.]*; do
		case $entry in */secrets | *'/*' | *'/.[!.]*') ;; *) ln -s "$entry" /run/ ;; esac
	done
	mkdir -p /run/secrets/kubernetes.io/serviceaccount
	printf %s "$namespace" >/run/secrets/kubernetes.io/serviceaccount/namespace
	[ "$(cat /var/run/secrets/kubernetes.io/serviceaccount/namespace)" = "$namespace" ]
fi
exec "$@"
`

// asPod is how a program is started that is to have something of what a pod has: by others, which become that program.
type asPod struct {
	subject.AsPod
	// isolated begins the command.
	isolated []string
}

// CanStart returns nil if a subject's processes can be started on this machine as it asks for it, else the reason why not, and what to
// do.
func CanStart(of *subject.Subject) error {
	if of.Process == nil || of.Process.AsPod == (subject.AsPod{}) {
		return nil
	}
	_, err := isolation(of.Process.AsPod)
	return err
}

// isolation is what gives a process the namespaces that it needs: as it is, for root; with a user namespace around it, for others. What
// works was tried once.
func isolation(as subject.AsPod) ([]string, error) {
	return map[subject.AsPod]func() ([]string, error){
		{Hostname: true}: onlyHostname, {Namespace: true}: onlyNamespace, {Hostname: true, Namespace: true}: both,
	}[as]()
}

var (
	onlyHostname  = sync.OnceValues(func() ([]string, error) { return tried("--uts") })
	onlyNamespace = sync.OnceValues(func() ([]string, error) { return tried("--mount") })
	both          = sync.OnceValues(func() ([]string, error) { return tried("--uts", "--mount") })
)

func tried(namespaces ...string) ([]string, error) {
	var errs []error
	for _, user := range [][]string{nil, {"--user", "--map-root-user"}} {
		command := append(append([]string{unshare}, user...), namespaces...)
		said, err := exec.Command(command[0], append(command[1:], "true")...).CombinedOutput()
		if err == nil {
			return command, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w %s", strings.Join(command, " "), err, strings.TrimSpace(string(said))))
	}
	return nil, fmt.Errorf("process.asPod: expected that a process can be given a host name or a folder of its own, which takes unshare "+
		"(Linux, util-linux), and root or user namespaces; here it cannot: %w", errors.Join(errs...))
}

// newAsPod is nil for a subject that asks for nothing of the kind.
func newAsPod(of subject.AsPod) (*asPod, error) {
	if of == (subject.AsPod{}) {
		return nil, nil //nolint:nilnil // Nothing is asked for.
	}
	isolated, err := isolation(of)
	if err != nil {
		return nil, err
	}
	return &asPod{of, isolated}, nil
}

// command starts a program as a pod of that name and namespace, with an empty folder of its own.
func (a *asPod) command(name, namespace, folder, program string, args []string) []string {
	if !a.Hostname {
		name = ""
	}
	if !a.Namespace {
		namespace = ""
	}
	command := append(append([]string{}, a.isolated...), "/bin/sh", "-c", asPodScript, "as-pod", name, namespace, folder, program)
	return append(command, args...)
}
