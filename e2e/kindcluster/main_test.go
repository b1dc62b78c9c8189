package kindcluster

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/podcluster"
	"github.com/interregnum/interregnum/e2e/subject/manager"
)

// programs puts shell scripts into the PATH, before everything else, and returns their folder.
func programs(t *testing.T, scripts map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range scripts {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil { //nolint:gosec // It must be executable.
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	return folder
}

// thisMachine is a docker whose containers are all this machine.
const thisMachine = `case $1 in
exec) shift 3; exec "$@";;
*) echo "docker $*" >>"${0%/*}/calls"; cat "${0%/*}/$1" 2>/dev/null || :;;
esac`

// quiet is a cluster without any, for its parts.
func quiet(t *testing.T) *Cluster {
	t.Helper()
	observer := observe.New()
	c := &Cluster{
		config: Config{Folder: t.TempDir(), Observer: observer}, observer: observer, journals: map[types.UID]*journal{},
		namespace: &apiserver.Namespace{Name: "interregnum-x"}, filters: &filters{run: "interregnum-x"},
		subject: manager.New(history.Binary{}, nil),
	}
	c.pods = podcluster.New(c.namespace, observer, c, journalsInPod)
	return c
}

func kindsOf(o *observe.Observer) (kinds []history.Kind) {
	for _, fact := range o.Facts() {
		kinds = append(kinds, fact.Kind)
	}
	return kinds
}

func enlisted(c *Cluster, uid types.UID, name string) *podcluster.Pod {
	return c.pods.Enlist(uid, name, "worker")
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
