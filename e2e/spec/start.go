package spec

import (
	"encoding/json"
	"fmt"

	"github.com/onsi/ginkgo/v2"
)

// neverStarted says why what the suite needs could not be started; empty, if it could.
var neverStarted string

// started is what the first process tells the others.
type started struct {
	// Why is why it could not start what they need.
	Why  string          `json:"why,omitempty"`
	Told json.RawMessage `json:"told,omitempty"`
}

// Start starts what all processes of a suite share: first runs in the first process and tells the others something, and each runs in
// every process with what it told. Where the first one fails, that is told once, when the suite ends. Were it told as a failed
// BeforeSuite is, each process would, and only one of them knows why.
func Start(first func(ctx ginkgo.SpecContext) (any, error), each func(ctx ginkgo.SpecContext, told []byte) error) {
	ginkgo.SynchronizedBeforeSuite(func(ctx ginkgo.SpecContext) []byte {
		var s started
		told, err := first(ctx)
		if err == nil {
			s.Told, err = json.Marshal(told)
		}
		if err != nil {
			s.Why = err.Error()
		}
		text, err := json.Marshal(s)
		if err != nil {
			ginkgo.Fail(fmt.Sprintf("telling the other processes what was started: %v", err))
		}
		return text
	}, func(ctx ginkgo.SpecContext, text []byte) {
		var s started
		err := json.Unmarshal(text, &s)
		if neverStarted = s.Why; err == nil && s.Why == "" {
			err = each(ctx, s.Told)
		}
		if err != nil {
			ginkgo.Fail(err.Error())
		}
	})
	ginkgo.BeforeEach(func() {
		if neverStarted != "" {
			ginkgo.Skip("")
		}
	})
}
