package processcluster

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/interregnum/interregnum/e2e/apiserver/audit"
)

// startTimeout is for etcd and for the API server, each: some ten times what they take on an idle machine.
const startTimeout = time.Minute

// The binaries.
const (
	etcd      = "etcd"
	apiServer = "kube-apiserver"
)

// ControlPlane is a real kube-apiserver and etcd.
type ControlPlane struct {
	plane  *envtest.ControlPlane
	folder string
	warden *Warden
	pid    int // of the API server
	config *rest.Config
	// auditLog is where the API server records writes, life after life.
	auditLog string
	// port is held while the API server is away; nil while it is not.
	port *heldPort
}

// StartControlPlane starts the binaries that are in the folder assets. Logs go to the folder logs, and what the API server
// records of writes, too.
func StartControlPlane(assets, logs string) (_ *ControlPlane, err error) {
	if err := CheckAssets(assets); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "interregnum-control-plane-")
	if err != nil {
		return nil, fmt.Errorf("starting the control plane: %w", err)
	}
	c := &ControlPlane{folder: folder}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Stop())
		}
	}()
	if c.warden, err = StartWarden(folder); err != nil {
		return nil, err
	}
	c.plane = &envtest.ControlPlane{
		Etcd:      &envtest.Etcd{StartTimeout: startTimeout},
		APIServer: &envtest.APIServer{StartTimeout: startTimeout},
	}
	// Folders of ours, because what envtest makes for itself it removes when a server stops: a stopped API server is to
	// come back with its keys.
	if c.plane.Etcd.DataDir, err = c.subfolder(etcd); err != nil {
		return nil, err
	}
	if c.plane.APIServer.CertDir, err = c.subfolder("certificates"); err != nil {
		return nil, err
	}
	if c.plane.Etcd.Path, err = c.wrap(assets, etcd); err != nil {
		return nil, err
	}
	if c.plane.APIServer.Path, err = c.wrap(assets, apiServer); err != nil {
		return nil, err
	}
	etcdLog, apiServerLog := filepath.Join(logs, etcd+".log"), filepath.Join(logs, apiServer+".log")
	if err := c.logTo(etcdLog, apiServerLog); err != nil {
		return nil, err
	}
	if err := c.recordTo(filepath.Join(logs, "audit.log")); err != nil {
		return nil, err
	}
	if err := c.plane.Start(); err != nil {
		return nil, fmt.Errorf("expected the control plane in %s to start within %v: %w\n%s%s",
			assets, startTimeout, err, tail(etcdLog), tail(apiServerLog))
	}
	if err := c.findAPIServer(); err != nil {
		return nil, err
	}
	user, err := c.plane.AddUser(envtest.User{Name: "interregnum", Groups: []string{"system:masters"}}, &rest.Config{})
	if err != nil {
		return nil, fmt.Errorf("making the harness a user: %w", err)
	}
	c.config = user.Config()
	return c, nil
}

// CheckAssets says what the folder lacks to be used by [StartControlPlane].
func CheckAssets(assets string) error {
	const remedy = "run make test-envtest, which finds, fetches or builds them, or set KUBEBUILDER_ASSETS to a folder that has them (hack/control-plane.sh prints one)"
	if assets == "" {
		return errors.New("expected the control plane's binaries, but KUBEBUILDER_ASSETS is not set: " + remedy)
	}
	for _, name := range []string{etcd, apiServer} {
		info, err := os.Stat(filepath.Join(assets, name))
		switch {
		case err != nil:
			return fmt.Errorf("expected the control plane's binaries: %w: %s", err, remedy)
		case info.IsDir() || info.Mode()&0o111 == 0:
			return fmt.Errorf("expected the control plane's binaries: %s is not executable: %s", filepath.Join(assets, name), remedy)
		}
	}
	return nil
}

func (c *ControlPlane) subfolder(name string) (string, error) {
	path := filepath.Join(c.folder, name)
	return path, os.Mkdir(path, 0o700)
}

// wrap makes a program that notes its process number and becomes the real one: envtest keeps the number to itself, and
// without it nobody could pause the API server. The warden finds it there, too, from the moment at which the process
// starts, which is long before it answers.
func (c *ControlPlane) wrap(assets, name string) (string, error) {
	quote := func(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }
	program, err := filepath.Abs(filepath.Join(assets, name))
	if err != nil {
		return "", err
	}
	wrapper := filepath.Join(c.folder, name)
	if name == etcd {
		wrapper += ".sh" // "etcd" is its data folder.
	}
	script := fmt.Sprintf("#!/bin/sh\necho $$ >%s\nexec %s \"$@\"\n", quote(c.pidFile(name)), quote(program))
	return wrapper, os.WriteFile(wrapper, []byte(script), 0o700) //nolint:gosec // It must be executable.
}

func (c *ControlPlane) pidFile(name string) string { return filepath.Join(c.folder, name+".pid") }

// ended tells the warden of a process that has: its number may be given to another.
func (c *ControlPlane) ended(name string) error {
	if err := os.Remove(c.pidFile(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("forgetting the process of %s: %w", name, err)
	}
	return nil
}

func (c *ControlPlane) logTo(etcdLog, apiServerLog string) error {
	for path, server := range map[string]func(*os.File){
		etcdLog:      func(f *os.File) { c.plane.Etcd.Out, c.plane.Etcd.Err = f, f },
		apiServerLog: func(f *os.File) { c.plane.APIServer.Out, c.plane.APIServer.Err = f, f },
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("logging of the control plane: %w", err)
		}
		// Without what an earlier control plane said: its end would be taken for the reason of this one's failure.
		file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND|os.O_TRUNC, 0o644)
		if err != nil {
			return fmt.Errorf("logging of the control plane: %w", err)
		}
		server(file)
	}
	return nil
}

// recordTo makes the API server record writes in the file, which begins empty. It holds names, but no secrets.
func (c *ControlPlane) recordTo(path string) (err error) {
	if c.auditLog, err = filepath.Abs(path); err != nil {
		return fmt.Errorf("recording writes: %w", err)
	}
	policy := filepath.Join(c.folder, "audit-policy.yaml")
	for path, content := range map[string][]byte{policy: audit.Policy, c.auditLog: nil} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return fmt.Errorf("recording writes: %w", err)
		}
	}
	for name, value := range audit.Flags(policy, c.auditLog) {
		c.plane.APIServer.Configure().Set(name, value)
	}
	return nil
}

// AuditLog is the path of the file in which the API server records writes; see [Config].
func (c *ControlPlane) AuditLog() string { return c.auditLog }

// findAPIServer reads the number of its process, as it now is.
func (c *ControlPlane) findAPIServer() error {
	content, err := os.ReadFile(c.pidFile(apiServer))
	if err != nil {
		return fmt.Errorf("finding the process of the API server: %w", err)
	}
	if c.pid, err = strconv.Atoi(strings.TrimSpace(string(content))); err != nil {
		return fmt.Errorf("finding the process of the API server: %w", err)
	}
	return nil
}

// Config is how the harness reaches the API server, with every right.
func (c *ControlPlane) Config() *rest.Config {
	config := rest.CopyConfig(c.config)
	config.QPS = -1 // The harness must not wait for itself.
	return config
}

// Stop stops both servers and removes what they stored.
func (c *ControlPlane) Stop() error {
	var errs []error
	if c.pid != 0 {
		// A server that was paused cannot obey.
		_ = syscall.Kill(c.pid, syscall.SIGCONT)
	}
	if c.plane != nil {
		err := c.plane.Stop()
		if err == nil {
			err = errors.Join(c.ended(apiServer), c.ended(etcd))
		}
		errs = append(errs, err)
	}
	errs = append(errs, c.port.release())
	if c.warden != nil {
		errs = append(errs, c.warden.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(c.folder))...)
}

// killAPIServer ends it as a crash does.
func (c *ControlPlane) killAPIServer() error {
	if err := syscall.Kill(c.pid, syscall.SIGKILL); err != nil {
		return fmt.Errorf("killing the API server: %w", err)
	}
	if err := c.plane.APIServer.Stop(); err != nil { // It returns when the process has ended.
		return fmt.Errorf("killing the API server: %w", err)
	}
	port, err := holdPort(c.plane.APIServer.Address, c.plane.APIServer.Port)
	c.port = port
	return errors.Join(err, c.ended(apiServer))
}

// startAPIServer starts it again, on the same port, with the same keys, over the same etcd.
func (c *ControlPlane) startAPIServer() error {
	//nolint:staticcheck // envtest puts the arguments of the last start here, and would add them to those of this one.
	c.plane.APIServer.Args = nil
	if err := c.port.release(); err != nil {
		return err
	}
	if err := c.plane.APIServer.Start(); err != nil {
		return fmt.Errorf("starting the API server again: %w", err)
	}
	return c.findAPIServer()
}

func (c *ControlPlane) signalAPIServer(signal syscall.Signal) error {
	if err := syscall.Kill(c.pid, signal); err != nil {
		return fmt.Errorf("sending the API server %v: %w", signal, err)
	}
	return nil
}

// tail is the end of a log, for an error message.
func tail(path string) string {
	const most = 2000
	content, err := os.ReadFile(path)
	if err != nil || len(content) == 0 {
		return ""
	}
	if len(content) > most {
		content = content[len(content)-most:]
		if _, lines, found := bytes.Cut(content, []byte("\n")); found {
			content = lines
		}
	}
	return fmt.Sprintf("the end of %s:\n%s\n", path, content)
}
