package provider

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// folder is where a cluster's kubeconfig, audit policy and lock are, which nobody but the user can look into.
type folder string

// folderOf is in the user's cache, as are the control-plane binaries: XDG_CACHE_HOME, else ~/.cache. What is there can
// be had again from the cluster.
func folderOf(cluster string) (folder, error) {
	cache := os.Getenv("XDG_CACHE_HOME")
	if !filepath.IsAbs(cache) { // as its specification asks
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("looking for a place for the cluster's kubeconfig: %w: set XDG_CACHE_HOME to a folder", err)
		}
		cache = filepath.Join(home, ".cache")
	}
	return folder(filepath.Join(cache, "interregnum", "kind", cluster)), nil
}

func (f folder) kubeconfig() string { return filepath.Join(string(f), "kubeconfig") }

func (f folder) policy() string { return filepath.Join(string(f), "audit-policy.yaml") }

func (f folder) lockFile() string { return filepath.Join(string(f), "lock") }

func (f folder) open() error {
	err := os.MkdirAll(string(f), 0o700)
	if err == nil {
		err = os.Chmod(string(f), 0o700) //nolint:gosec // It is a folder.
	}
	if err != nil {
		return fmt.Errorf("making the folder for the cluster's kubeconfig: %w: XDG_CACHE_HOME chooses another", err)
	}
	return nil
}

// clear removes what is there of a cluster that is gone.
func (f folder) clear() error {
	return errors.Join(f.clearKubeconfig(), removeIfThere(f.policy()))
}

func (f folder) clearKubeconfig() error {
	// kind locks the file that it writes by making another.
	return errors.Join(removeIfThere(f.kubeconfig()), removeIfThere(f.kubeconfig()+".lock"))
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing what is left of a cluster: %w", err)
	}
	return nil
}

// restorePolicy writes the audit policy if it is gone: Docker neither starts a node without it nor looks into one, and puts
// an empty folder in its place. That it is the one that the node was made with is for [checkAudit] to say.
func (f folder) restorePolicy(audit Audit) error {
	there, err := os.Stat(f.policy())
	switch {
	case err == nil && there.IsDir():
		if err := os.Remove(f.policy()); err != nil {
			return fmt.Errorf("writing the API server's audit policy: %w", err)
		}
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	return f.writePolicy(audit)
}

// writePolicy writes the audit policy, which is mounted into the control-plane node. Anybody may read it, because the node's root need not be the user.
func (f folder) writePolicy(audit Audit) error {
	if !audit.wanted() {
		return nil
	}
	if err := os.WriteFile(f.policy(), audit.Policy, 0o644); err != nil { //nolint:gosec // See above; the folder is private.
		return fmt.Errorf("writing the API server's audit policy: %w", err)
	}
	return nil
}

// lock keeps a second run from a cluster that a first one is using. The kernel lets it go with the process that holds
// it, however that ends.
type lock struct {
	folder folder
	file   *os.File
}

// lock takes the lock, or says that another holds it.
func (f folder) lock(cluster string) (*lock, error) {
	if err := f.open(); err != nil {
		return nil, err
	}
	for {
		file, err := os.OpenFile(f.lockFile(), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, fmt.Errorf("locking the cluster %q: %w", cluster, err)
		}
		if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			_ = file.Close() // Nothing was written.
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return nil, fmt.Errorf("expected the cluster %q not to be in use, but another run holds %s: wait for its end, or use another CLUSTER_NAME", cluster, f.lockFile())
			}
			return nil, fmt.Errorf("locking the cluster %q: %w", cluster, err)
		}
		// Its last holder may have removed it between the two calls: then the next one would make, and lock, another file.
		if f.holds(file) {
			return &lock{folder: f, file: file}, nil
		}
		_ = file.Close() // Nothing was written.
	}
}

func (f folder) holds(file *os.File) bool {
	ours, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(f.lockFile())
	return err == nil && os.SameFile(ours, there)
}

// release lets the next one in. It removes the folder if nothing else is in there, so that nothing stays of a cluster
// that is gone.
func (l *lock) release() error {
	err := os.Remove(l.folder.lockFile())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("removing the lock: %w", err)
	} else {
		err = nil
	}
	_ = os.Remove(string(l.folder)) // Fails, and is to fail, if the kubeconfig is still there.
	return errors.Join(err, l.file.Close())
}
