package simcluster

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/client-go/rest"

	"github.com/interregnum/interregnum/controller"
	"github.com/interregnum/interregnum/e2e/invariant"
	"github.com/interregnum/interregnum/e2e/scenario"
)

// distant is the controller as far from the API server as in a cluster: in virtual time a request takes none, so that nobody
// would come between another's look at the Lease and its attempt to take it.
func distant(ctx context.Context, config *rest.Config, options controller.Options, out io.Writer) error {
	config = rest.CopyConfig(config)
	config.Wrap(func(near http.RoundTripper) http.RoundTripper { return far{near} })
	return Controller(ctx, config, options, out)
}

type far struct{ near http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (f far) RoundTrip(request *http.Request) (*http.Response, error) {
	pause(request.Context(), 5*time.Millisecond)
	return f.near.RoundTrip(request)
}

// More than would find room anywhere else.
func TestAHundredReplicas(t *testing.T) {
	const many = 100
	for name, refused := range map[string]int{
		"ten replicas start at once":        many - 1, // All look before the first has made the Lease.
		"leader killed before ten standbys": 0,        // Each looks at a moment of its own, and few at the same.
	} {
		for _, profile := range scenario.Profiles {
			t.Run(name+" at "+profile.Name, func(t *testing.T) {
				g := NewWithT(t)
				chosen, _, err := scenario.Known().Select(name)
				g.Expect(err).NotTo(HaveOccurred())
				chosen[0].Replicas += many - 10
				verdict := judged(t, chosen[0], profile, distant)
				g.Expect(verdict.Outcome).To(Equal(invariant.Held), "%v", explain(verdict))
				g.Expect(verdict.Measures.Refused).To(BeNumerically(">=", refused))
				t.Logf("requests about the Lease within a second: %d, of which %d to write it, of which %d refused",
					verdict.Measures.Requests, verdict.Measures.Writes, verdict.Measures.Refused)
			})
		}
	}
}
