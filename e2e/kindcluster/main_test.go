package kindcluster

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
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
	return &Cluster{
		config: Config{Folder: t.TempDir(), Observer: observer}, observer: observer, roster: newRoster(observer),
		namespace: &apiserver.Namespace{Name: "interregnum-x"}, filters: &filters{run: "interregnum-x"},
		subject: manager.New(history.Binary{}, nil),
	}
}

func kindsOf(o *observe.Observer) (kinds []history.Kind) {
	for _, fact := range o.Facts() {
		kinds = append(kinds, fact.Kind)
	}
	return kinds
}

func enlisted(c *Cluster, uid types.UID, name string) *pod {
	p := c.roster.enlist(uid, name)
	p.node = "worker"
	return p
}

func TestAPodTakesThePlaceOfOneThatIsLeaving(t *testing.T) {
	g := NewWithT(t)
	c := quiet(t)
	a, b := enlisted(c, "1", "controller-1"), enlisted(c, "2", "controller-2")
	g.Expect([]string{a.place.name, b.place.name}).To(Equal([]string{"a", "b"}))
	g.Expect(enlisted(c, "1", "controller-1")).To(BeIdenticalTo(a), "it is heard of more than once")

	surplus := enlisted(c, "3", "controller-3")
	g.Expect(surplus.place.name).To(Equal("c"), "nobody leaves: it is one more")
	c.roster.leaves(b, noon)
	g.Expect(enlisted(c, "4", "controller-4").place.name).To(Equal("b"))

	c.roster.leaves(surplus, noon)
	c.roster.retire()
	retired := c.observer.Facts()
	g.Expect(retired).To(HaveLen(1))
	g.Expect(retired[0].Replica).To(Equal("c"), "the place of b is taken")
}
