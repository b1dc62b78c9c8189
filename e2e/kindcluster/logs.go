package kindcluster

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/interregnum/interregnum/e2e/podcluster"
)

// keepLog keeps a life's log in the run's folder, and returns it. The node has the log for only as long as the pod is there.
func (c *Cluster) keepLog(ctx context.Context, l *podcluster.Life) (text string) {
	text, err := node(l.Pod.Node).run(ctx, `crictl logs "$1" 2>&1`, "", l.Container)
	if err != nil {
		return "" // The kubelet was faster.
	}
	path := filepath.Join(c.config.Folder, fmt.Sprintf("log-%s-%d.txt", l.Source.Replica, l.Source.Start))
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // A log to be read by anybody.
		c.observer.Fail(err)
	}
	return text
}

// keepFiles copies the run's journals, and the logs of the pods that are still there, from the node.
func (c *Cluster) keepFiles(ctx context.Context, n node) error {
	// The replicas go on writing, and the kubelet removes what it no longer needs: tar then ends with 1.
	archive, err := n.run(ctx, `cd / && tar -c $(ls -d "$1" /var/log/pods/"$2"_* 2>/dev/null) 2>/dev/null || test $? -eq 1`, "",
		c.folderOnNode(), c.namespace.Name)
	if err != nil {
		return fmt.Errorf("keeping the journals: %w", err)
	}
	folder, err := os.OpenRoot(c.config.Folder)
	if err != nil {
		return err
	}
	defer folder.Close() //nolint:errcheck // Nothing is written to it itself.
	for files := tar.NewReader(strings.NewReader(archive)); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("keeping the journals of the node %s: %w", n, err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		var content bytes.Buffer
		if _, err := io.Copy(&content, files); err != nil { //nolint:gosec // Of our own pods.
			return err
		}
		// Journals by their pods' names; logs as the kubelet has them, NAMESPACE_POD_UID/CONTAINER/RESTART.log.
		name := strings.TrimPrefix(strings.TrimPrefix(header.Name, strings.TrimPrefix(c.folderOnNode(), "/")+"/"), "var/log/pods/")
		path := filepath.Join(string(n), filepath.FromSlash(name))
		if err := folder.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := folder.WriteFile(path, content.Bytes(), 0o644); err != nil {
			return err
		}
	}
}

// cleanNode removes the run's folder from the node. A container that is started once more before its pod is gone may make
// it anew: then it stays until the cluster goes, or is used again.
func (c *Cluster) cleanNode(ctx context.Context, n node) error {
	if _, err := n.run(ctx, `rm -rf "$1"`, "", c.folderOnNode()); err != nil {
		return fmt.Errorf("removing the journals: %w", err)
	}
	return nil
}
