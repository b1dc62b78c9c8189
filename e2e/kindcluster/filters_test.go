package kindcluster

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/kindcluster/provider"
)

// tables is an nft that notes what it is given, and has counted so many packets.
const tables = `here=${0%/*}
case $1 in
-f) cat >>"$here/rules"; test ! -e "$here/broken" || { echo "no such thing" >&2; exit 1; };;
delete) echo "$*" >>"$here/rules";;
list) test "$2" != counter || test ! -e "$here/packets" || printf 'table inet %s {\n\tcounter hits {\n\t\tpackets %s bytes 60\n\t}\n}\n' "$4" "$(cat "$here/packets")";;
esac`

const dropping = `table inet interregnum_x_1 {
	counter hits {}
	chain forward { type filter hook forward priority -10; policy accept; }
	chain input { type filter hook input priority -10; policy accept; }
}
add rule inet interregnum_x_1 forward ip saddr 10.0.0.1 counter name hits drop
add rule inet interregnum_x_1 forward ip daddr 10.0.0.1 counter name hits drop
add rule inet interregnum_x_1 input ip saddr 10.0.0.2 counter name hits drop
`

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestAFilterCountsWhatItDropsAndThenWhatPasses(t *testing.T) {
	g := NewWithT(t)
	folder := programs(t, map[string]string{"docker": thisMachine, "nft": tables})
	count := func(packets string) {
		g.Expect(os.WriteFile(filepath.Join(folder, "packets"), []byte(packets), 0o600)).To(Succeed())
	}
	s := &filters{run: "interregnum-x"}
	f, err := s.set(t.Context(), "worker", rule{"forward", "ip saddr 10.0.0.1"}, rule{"forward", "ip daddr 10.0.0.1"}, rule{"input", "ip saddr 10.0.0.2"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(read(t, filepath.Join(folder, "rules"))).To(Equal(dropping))
	_, err = f.Evidence(t.Context())
	g.Expect(err).To(MatchError(ContainSubstring("expected a counter of packets from nft")), "a counter that cannot be read has not counted nothing")
	count("7")
	g.Expect(f.Evidence(t.Context())).To(Equal(fault.Evidence{Touched: 7}), "it is not healed")

	count("9")
	g.Expect(os.Truncate(filepath.Join(folder, "rules"), 0)).To(Succeed())
	g.Expect(f.Heal(t.Context())).To(Succeed())
	g.Expect(f.Heal(t.Context())).To(Succeed())
	healed := read(t, filepath.Join(folder, "rules"))
	g.Expect(healed).To(HavePrefix("delete table inet interregnum_x_1\ntable inet interregnum_x_1 {\n"), "in one step, and once")
	g.Expect(healed).To(And(ContainSubstring("ip daddr 10.0.0.1 counter name hits accept"), Not(ContainSubstring("drop"))))
	count("3")
	g.Expect(f.Evidence(t.Context())).To(Equal(fault.Evidence{Touched: 9, Passed: 3}), "what was dropped until it was healed, and what passed since")
	g.Expect(os.WriteFile(filepath.Join(folder, "docker"), []byte("#!/bin/sh\necho is the daemon running? >&2; exit 1\n"), 0o700)).To(Succeed()) //nolint:gosec // It must be executable.
	_, err = f.Evidence(t.Context())
	g.Expect(err).To(MatchError(And(ContainSubstring("reading the counter of a packet filter: in the node worker"), ContainSubstring("is the daemon running?"))))
	programs(t, map[string]string{"docker": thisMachine})

	g.Expect(s.lift(t.Context())).To(Succeed())
	g.Expect(read(t, filepath.Join(folder, "rules"))).To(HaveSuffix("delete table inet interregnum_x_1\n"))
}

// The counter goes with the table: what could not be read when it was lifted is never known.
func TestAFilterThatWasLiftedUnreadHasNoEvidence(t *testing.T) {
	g := NewWithT(t)
	folder := programs(t, map[string]string{"docker": thisMachine, "nft": tables})
	s := &filters{run: "interregnum-x"}
	f, err := s.set(t.Context(), "worker", rule{"forward", "ip saddr 10.0.0.1"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(f.Heal(t.Context())).To(Succeed(), "it is lifted")
	g.Expect(os.WriteFile(filepath.Join(folder, "packets"), []byte("3"), 0o600)).To(Succeed())
	_, err = f.Evidence(t.Context())
	g.Expect(err).To(MatchError(ContainSubstring("before it was lifted")))
}

func TestAFilterThatCannotBeSetIsLiftedAllTheSame(t *testing.T) {
	g := NewWithT(t)
	folder := programs(t, map[string]string{"docker": thisMachine, "nft": tables})
	g.Expect(os.WriteFile(filepath.Join(folder, "broken"), nil, 0o600)).To(Succeed())
	s := &filters{run: "interregnum-x"}
	_, err := s.set(t.Context(), "worker", rule{"forward", "ip saddr 10.0.0.1"})
	g.Expect(err).To(MatchError(And(ContainSubstring("setting a packet filter: in the node worker"), ContainSubstring("no such thing"))))
	g.Expect(s.lift(t.Context())).To(Succeed())
	g.Expect(read(t, filepath.Join(folder, "rules"))).To(HaveSuffix("delete table inet interregnum_x_1\n"))
}

func TestANodeWithoutNftIsNoPass(t *testing.T) {
	g := NewWithT(t)
	programs(t, map[string]string{"docker": thisMachine, "nft": "echo Operation not supported >&2; exit 1"})
	c := quiet(t)
	c.workers, c.watching = []node{"worker"}, t.Context()
	g.Expect(c.tryFilter()).To(MatchError(And(ContainSubstring("the node image has no working nft"), ContainSubstring("not supported"))))
}

// What a killed run leaves is found by these names.
func TestWhatIsLeftBehindIsFoundByItsName(t *testing.T) {
	g := NewWithT(t)
	g.Expect(apiserver.RunLabel).To(Equal(provider.RunLabel))
	programs(t, map[string]string{"docker": thisMachine, "nft": tables})
	f, err := quiet(t).filters.set(t.Context(), "worker", rule{"forward", "ip saddr 10.0.0.1"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(f.name).To(HavePrefix(provider.TablePrefix))
}
