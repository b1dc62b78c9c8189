package provider

import (
	"testing"

	. "github.com/onsi/gomega"
)

const (
	allCapabilities = "Name:\tcat\nCapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffffff\nCapBnd:\t000001ffffffffff\nThreads:\t1\n"
	noSysResource   = "Name:\tcat\nCapPrm:\t000001ffffffffff\nCapEff:\t000001fffeffffff\nCapBnd:\t000001fffeffffff\n"
)

func TestAProbeIsRead(t *testing.T) {
	for _, c := range []struct {
		name, printed, kubernetes string
		sysResource               bool
	}{
		{"ordinary", allCapabilities + "v1.37.0", "v1.37.0", true},
		{"restricted", noSysResource + "v1.37.2\n", "v1.37.2", false},
		{"a version before its release", allCapabilities + "v1.38.0-alpha.1.5+abc", "v1.38.0-alpha.1.5+abc", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := NewWithT(t)
			effective, kubernetes, err := parseProbe(c.printed)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(kubernetes).To(Equal(c.kubernetes))
			g.Expect(effective.has(sysResource)).To(Equal(c.sysResource))
		})
	}
}

func TestAProbeThatSaysSomethingElseIsAnError(t *testing.T) {
	for printed, why := range map[string]string{
		"":                           "expected a line CapEff:",
		"v1.37.0":                    "expected a line CapEff:",
		"CapEff:\tmany\nv1.37.0":     "expected hexadecimal digits",
		allCapabilities:              "expected /kind/version to be one of Kubernetes'",
		allCapabilities + "latest\n": "expected /kind/version to be one of Kubernetes'",
	} {
		_, _, err := parseProbe(printed)
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring(why)), printed)
	}
}

func TestAHostIsLookedAtThroughANode(t *testing.T) {
	for _, c := range []struct {
		cgroup, status string
		want           host
		findings       int
	}{
		{"2", allCapabilities, host{}, 0},
		{"1", allCapabilities, host{cgroupV1: true}, 1},
		{"2", noSysResource, host{noSysResource: true}, 1},
		{"1", noSysResource, host{cgroupV1: true, noSysResource: true}, 2},
	} {
		calls := fakeDocker(t, `
case "$*" in
info*) echo `+c.cgroup+` ;;
run*) cat <<'EOF'
`+c.status+`v1.37.0
EOF
esac`)
		g := NewWithT(t)
		on, kubernetes, err := look(t.Context(), "an/image:1")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(on).To(Equal(c.want))
		g.Expect(on.findings()).To(HaveLen(c.findings))
		g.Expect(kubernetes).To(Equal("v1.37.0"))
		g.Expect(calls()).To(ContainElement(And(ContainSubstring("--privileged"), ContainSubstring("--rm"), ContainSubstring("an/image:1"))))
	}
}

func TestAnImageThatIsNoNodeImage(t *testing.T) {
	fakeDocker(t, `case "$*" in info*) echo 2 ;; *) echo "cat: /kind/version: No such file or directory" >&2; exit 1 ;; esac`)
	_, _, err := look(t.Context(), "busybox")
	NewWithT(t).Expect(err).To(MatchError(And(ContainSubstring("expected busybox to be a node image"), ContainSubstring("No such file"))))
}
