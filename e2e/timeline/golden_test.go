package timeline_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/timeline"
)

var update = flag.Bool("update", false, "draw the pictures in testdata anew")

// The picture of the README is that of a run that was: the track record's partitioned leader that releases on cancel, in virtual time.
func TestThePictureOfTheREADME(t *testing.T) {
	g := NewWithT(t)
	saved, err := history.Load("testdata/release-on-cancel.jsonl")
	g.Expect(err).NotTo(HaveOccurred())
	verdict, err := invariant.Judge(saved)
	g.Expect(err).NotTo(HaveOccurred())
	var drawn strings.Builder
	g.Expect(timeline.New(saved, verdict).SVG(&drawn)).To(Succeed())
	const picture = "testdata/release-on-cancel.svg"
	if *update {
		g.Expect(os.WriteFile(picture, []byte(drawn.String()), 0o600)).To(Succeed())
	}
	kept, err := os.ReadFile(picture)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(drawn.String()).To(Equal(string(kept)), "the picture is not the one that is drawn now: go test ./e2e/timeline -run README -update, and look at it")
}
