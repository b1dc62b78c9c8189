package apiserver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/interregnum/interregnum/e2e/fault"
)

// probe is how long an API server may take to answer before it counts as silent.
const probe = time.Second

// outage is an API server that does not answer, and then does again.
type outage struct {
	config   *rest.Config
	end      func(context.Context) error
	bound    time.Duration
	evidence fault.Evidence
}

// Outage begins one, and ends it when it is healed: the API server must be silent within the bound, and then answer again within it.
// Whether it is one is asked of the API server, not of those who began it; and more than once, because a process that was sent a
// signal may answer until one of its threads has been scheduled.
func Outage(ctx context.Context, config *rest.Config, bound time.Duration, begin, end func(context.Context) error) (fault.Injection, error) {
	if err := begin(ctx); err != nil {
		return nil, errors.Join(err, end(context.WithoutCancel(ctx))) // It may have taken hold by half.
	}
	o := &outage{config: config, end: end, bound: bound}
	silent := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, bound, true, func(context.Context) (bool, error) {
		return !answers(ctx, config, probe), nil // Within its own time: an answer that the bound cuts off is no silence.
	})
	if silent == nil { // Else the evidence says that it never was.
		o.evidence.Touched = 1
	}
	return o, nil
}

// Heal ends the outage, and returns when the API server answers.
func (o *outage) Heal(ctx context.Context) error {
	if err := o.end(ctx); err != nil {
		return err
	}
	if err := AwaitAnswer(ctx, o.config, o.bound); err != nil {
		return err
	}
	o.evidence.Passed = 1
	return nil
}

// Evidence is that the API server was silent when the outage had begun, and has answered since.
func (o *outage) Evidence(context.Context) (fault.Evidence, error) { return o.evidence, nil }

// AwaitAnswer waits until the API server says that it is ready, which must be within the bound.
func AwaitAnswer(ctx context.Context, config *rest.Config, bound time.Duration) error {
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, bound, true, func(ctx context.Context) (bool, error) {
		return answers(ctx, config, probe), nil
	})
	if err != nil {
		return fmt.Errorf("expected the API server to answer again within %v: %w", bound, err)
	}
	return nil
}

// answers says whether the API server answers, within the time given.
func answers(ctx context.Context, config *rest.Config, within time.Duration) bool {
	config = rest.CopyConfig(config)
	config.Timeout = within
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return false
	}
	_, err = client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
	return err == nil
}
