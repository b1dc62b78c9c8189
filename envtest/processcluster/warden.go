package processcluster

import (
	"fmt"
	"io"
	"os/exec"
	"sync"
	"syscall"
)

// Warden outlives a harness that dies, to kill what it started: a shell that reads, from a pipe, whom to watch, and that
// finds the pipe closed when the harness is gone, however it went. A parent-death signal would do on Linux alone, and
// would depend on which thread started the child.
//
// It kills process groups: a program that is put in the manager's place may be a script that has children of its own.
type Warden struct {
	mu    sync.Mutex
	pipe  io.WriteCloser
	shell *exec.Cmd
}

// The shell ignores what a terminal sends to everyone on Ctrl-C: it is then that it is needed. The folders it is given
// are removed at the end; a file *.pid in one of them holds the number of a process that is watched, too.
const wardenScript = `
trap '' INT TERM HUP QUIT
watched=' '
while read -r verb pid; do
	case $verb in
	watch) watched="$watched$pid " ;;
	forget) case $watched in *" $pid "*) watched="${watched%%" $pid "*} ${watched#*" $pid "}" ;; esac ;;
	esac
done
for folder; do
	for file in "$folder"/*.pid; do
		read -r pid <"$file" && watched="$watched$pid "
	done
done 2>/dev/null
for pid in $watched; do
	if [ "$pid" -gt 1 ]; then kill -s KILL -- "-$pid"; fi # -1 would be everyone
done 2>/dev/null
rm -rf "$@" || { sleep 1; rm -rf "$@"; } # what is being killed may have written once more
`

// StartWarden starts one that also removes the folders when it ends.
func StartWarden(folders ...string) (*Warden, error) {
	shell := exec.Command("/bin/sh", append([]string{"-c", wardenScript, "warden"}, folders...)...)
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := shell.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a warden: %w", err)
	}
	if err := shell.Start(); err != nil {
		return nil, fmt.Errorf("starting a warden: %w", err)
	}
	return &Warden{pipe: pipe, shell: shell}, nil
}

// Watch makes the process, which must lead a group, die with the harness, and its group with it.
func (w *Warden) Watch(pid int) error { return w.say("watch", pid) }

// Forget is for a process that has ended: its number may be given to another.
func (w *Warden) Forget(pid int) error { return w.say("forget", pid) }

func (w *Warden) say(verb string, pid int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := fmt.Fprintln(w.pipe, verb, pid); err != nil {
		return fmt.Errorf("telling the warden: %w", err)
	}
	return nil
}

// Close ends the warden, and with it what it still watches.
func (w *Warden) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.pipe.Close(); err != nil {
		return fmt.Errorf("ending the warden: %w", err)
	}
	return w.shell.Wait()
}
