package provider

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/kind/pkg/apis/config/defaults"
)

// market is what images there are.
type market struct {
	here, pullable, built []string
	pulled                []string
}

func (m *market) chooser() chooser {
	return chooser{
		id: func(_ context.Context, reference string) (string, error) {
			if slices.Contains(m.here, reference) {
				return "id of " + reference, nil
			}
			return "", errors.New("no such image")
		},
		pull: func(_ context.Context, reference string) error {
			m.pulled = append(m.pulled, reference)
			if slices.Contains(m.pullable, reference) {
				return nil
			}
			return errors.New("the registry cannot be reached")
		},
		built: func(context.Context) ([]string, error) { return m.built, nil },
	}
}

func TestTheNodeImageIsChosenAndTheChoiceExplained(t *testing.T) {
	tag, _, digest := strings.Cut(defaults.Image, "@")
	NewWithT(t).Expect(digest).To(BeTrue(), "kind names its image with a digest")
	for name, c := range map[string]struct {
		market
		wanted    string
		reference string
		why       string
	}{
		"asked for and here":      {market{here: []string{"a:1", defaults.Image}}, "a:1", "a:1", "NODE_IMAGE asks for it, and it is here already"},
		"asked for and pulled":    {market{pullable: []string{"a:1", defaults.Image}}, "a:1", "a:1", "NODE_IMAGE asks for it, and it was just pulled"},
		"default here":            {market{here: []string{defaults.Image, tag}, built: []string{"b:1"}}, "", defaults.Image, "kind's default, and here already"},
		"default without digest":  {market{here: []string{tag}, built: []string{"b:1"}}, "", tag, "kind's default, and here already"},
		"default pulled":          {market{pullable: []string{defaults.Image}, built: []string{"b:1"}}, "", defaults.Image, "kind's default, just pulled"},
		"built, the newest":       {market{built: []string{"b:2", "b:1"}}, "", "b:2", "built here by make node-image; kind's default, " + tag + ", cannot be pulled: the registry cannot be reached"},
		"asked for and built too": {market{here: []string{"b:1"}, built: []string{"b:2", "b:1"}}, "b:1", "b:1", "NODE_IMAGE asks for it, and it is here already"},
	} {
		t.Run(name, func(t *testing.T) {
			image, err := c.chooser().choose(t.Context(), c.wanted)
			g := NewWithT(t)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(image).To(Equal(NodeImage{Reference: c.reference, Why: c.why}))
		})
	}
}

func TestWithoutANodeImageTheWayToOneIsNamed(t *testing.T) {
	g := NewWithT(t)
	nothing := &market{built: []string{"b:1"}, here: []string{defaults.Image}}
	_, err := nothing.chooser().choose(t.Context(), "a:1")
	g.Expect(err).To(MatchError(And(HavePrefix(`NODE_IMAGE "a:1"`), ContainSubstring("the registry cannot be reached"), ContainSubstring("make node-image"))))
	g.Expect(nothing.pulled).To(Equal([]string{"a:1"}), "what was asked for is not replaced by anything else")

	_, err = (&market{}).chooser().choose(t.Context(), "")
	g.Expect(err).To(MatchError(And(ContainSubstring("expected a node image"), ContainSubstring("the registry cannot be reached"), ContainSubstring("make node-image"))))
}

func TestChoosingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	m := &market{built: []string{"b:1"}}
	c := m.chooser()
	c.pull = func(context.Context, string) error {
		cancel()
		return context.Canceled
	}
	_, err := c.choose(ctx, "")
	NewWithT(t).Expect(err).To(MatchError(context.Canceled))
}

func TestANodeImageThatDoesNotExist(t *testing.T) {
	calls := fakeDocker(t, answering+`
case "$*" in
ps*) exit ;;
"image inspect"*) echo "Error: No such image: nobody/has:this" >&2; exit 1 ;;
pull*) printf 'Error response from daemon: pull access denied for nobody/has\n' >&2; exit 1 ;;
esac`+unknown)
	_, err := Open(t.Context(), Options{Name: "some", Image: "nobody/has:this"})
	g := NewWithT(t)
	g.Expect(err).To(MatchError(And(HavePrefix(`NODE_IMAGE "nobody/has:this"`), ContainSubstring("pull access denied"), ContainSubstring("make node-image"))))
	g.Expect(calls()).NotTo(ContainElement(HavePrefix("run")))
}

func TestBuiltImagesAreListedByDocker(t *testing.T) {
	fakeDocker(t, `case "$*" in "image ls"*interregnum/node:*) printf 'interregnum/node:v1.37.2\ninterregnum/node:v1.36.0\n' ;; esac`)
	NewWithT(t).Expect(builtImages(t.Context())).To(Equal([]string{"interregnum/node:v1.37.2", "interregnum/node:v1.36.0"}))
}
