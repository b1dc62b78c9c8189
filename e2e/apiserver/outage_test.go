package apiserver

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/client-go/rest"
)

// An API server that was told to be silent may answer for a moment yet.
func TestAnOutageBeginsWhenTheAPIServerIsSilent(t *testing.T) {
	for name, moment := range map[string]struct {
		answers int64
		touched int64
	}{
		"at once":               {0, 1},
		"after an answer":       {1, 1},
		"after a few":           {5, 1},
		"never (a wrong fault)": {1 << 40, 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var left atomic.Int64
			left.Store(moment.answers)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if left.Add(-1) < 0 {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			}))
			defer server.Close()
			begin := func(context.Context) error { return nil }
			end := func(context.Context) error {
				left.Store(1 << 40)
				return nil
			}
			outage, err := Outage(t.Context(), &rest.Config{Host: server.URL}, time.Second, begin, end)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(outage.Heal(t.Context())).To(Succeed())
			evidence, err := outage.Evidence(t.Context())
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(evidence.Touched).To(Equal(moment.touched))
			g.Expect(evidence.Passed).To(BeEquivalentTo(1))
		})
	}
}
