package kindcluster

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/podcluster"
)

// container is what the node's container runtime says of one of ours: to the nanosecond, and also while the API server is
// away. (A pod's status, at the API server, has whole seconds, and comes when it comes.)
type container struct {
	id string
	// begun is when the runtime made the container, which it then started: no later than the process's first word. (When it
	// says that it had started it is later than that.)
	begun   time.Time
	ended   time.Time // zero while it runs
	code    int32
	podName string
	podUID  types.UID
	// address is the pod's; empty where the event does not say.
	address string
}

// follow watches the containers of this run on a node, until the context ends. The node may go and come back meanwhile.
func (c *Cluster) follow(ctx context.Context, n node) {
	for ctx.Err() == nil {
		reader, writer := io.Pipe()
		c.running.Go(func() { c.read(ctx, n, reader) })
		err := n.stream(ctx, writer, "crictl", "events", "--output=json")
		_ = writer.CloseWithError(err)
		// The node is paused or stopped, or containerd is not there yet. Nothing tells when it is back but trying.
		pause(ctx)
	}
}

// retryNode is how long to wait until a node that does not answer is asked again.
const retryNode = 250 * time.Millisecond

// pause waits as long, or until the context ends.
func pause(ctx context.Context) {
	timer := time.NewTimer(retryNode)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// event is what crictl prints of a runtimeapi.ContainerEventResponse: the part that is used here. int64 is a string in the
// JSON of protocol buffers.
type event struct {
	Pod *struct {
		Metadata struct{ Name, UID, Namespace string } `json:"metadata"`
		Network  struct{ IP string }                   `json:"network"`
	} `json:"podSandboxStatus"`
	Containers []struct {
		ID         string                `json:"id"`
		Metadata   struct{ Name string } `json:"metadata"`
		State      string                `json:"state"`
		CreatedAt  nanoseconds           `json:"createdAt"`
		StartedAt  nanoseconds           `json:"startedAt"`
		FinishedAt nanoseconds           `json:"finishedAt"`
		ExitCode   int32                 `json:"exitCode"`
	} `json:"containersStatuses"`
}

type nanoseconds struct{ time.Time }

func (n *nanoseconds) UnmarshalJSON(text []byte) error {
	number, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 64)
	if err != nil {
		return fmt.Errorf("expected nanoseconds, got %s", text)
	}
	if number > 0 {
		n.Time = time.Unix(0, number)
	}
	return nil
}

func (c *Cluster) read(ctx context.Context, n node, events *io.PipeReader) {
	defer events.Close() //nolint:errcheck // It cannot fail.
	for decoder := json.NewDecoder(events); ; {
		var e event
		if err := decoder.Decode(&e); err != nil {
			return // The stream ended; a torn event is told again by the pods' status.
		}
		for _, of := range c.ofRun(e) {
			c.note(ctx, n, of)
		}
	}
}

// ofRun are the containers of the manager in this run that have begun.
func (c *Cluster) ofRun(e event) (all []container) {
	if e.Pod == nil || e.Pod.Metadata.Namespace != c.namespace.Name {
		return nil
	}
	for _, status := range e.Containers {
		if status.Metadata.Name != c.subject.Pods.Container || status.StartedAt.IsZero() {
			continue
		}
		of := container{
			id: status.ID, begun: status.CreatedAt.Time, podName: e.Pod.Metadata.Name, podUID: types.UID(e.Pod.Metadata.UID),
			address: e.Pod.Network.IP,
		}
		if status.State == runtimeapi.ContainerState_CONTAINER_EXITED.String() {
			of.ended, of.code = status.FinishedAt.Time, status.ExitCode
		}
		all = append(all, of)
	}
	return all
}

// note records what is new of a container.
func (c *Cluster) note(ctx context.Context, n node, of container) {
	p := c.pods.Enlist(of.podUID, of.podName, string(n))
	c.Placed(ctx, p)
	c.pods.Begins(p, of.id, of.begun)
	c.pods.Resides(of.id, of.address)
	if of.ended.IsZero() {
		return
	}
	if ended := c.pods.Ends(of.id, of.ended); ended != nil {
		c.running.Go(func() { c.bury(ctx, ended, of.code) })
	}
}

// bury records a life's end, behind all that it journalled.
func (c *Cluster) bury(ctx context.Context, l *podcluster.Life, code int32) {
	said := c.keepLog(ctx, l) // First: the node has the log of a pod that is deleted for a moment only.
	if err := c.drain(ctx, l.Pod); err != nil && ctx.Err() == nil {
		c.observer.Fail(fmt.Errorf("reading the journal of %s: %w", l.Source, err))
	}
	c.observer.Record(history.Fact{
		Time: c.pods.Ended(l).UTC(), Kind: history.Exited, Source: l.Source, Exit: observe.Exit(int(code), said),
	})
}

// inspect asks the node about a container whose events have not been seen. One that never ran has not begun.
func (c *Cluster) inspect(ctx context.Context, n node, id string) (container, error) {
	text, err := n.run(ctx, `crictl inspect --output=json "$1"`, "", id)
	if err != nil {
		return container{}, err
	}
	var answer struct {
		Status struct {
			State      string            `json:"state"`
			CreatedAt  time.Time         `json:"createdAt"`
			StartedAt  time.Time         `json:"startedAt"`
			FinishedAt time.Time         `json:"finishedAt"`
			ExitCode   int32             `json:"exitCode"`
			Labels     map[string]string `json:"labels"`
		} `json:"status"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return container{}, fmt.Errorf("reading what crictl inspect says of %s: %w", id, err)
	}
	of := container{
		id:      id,
		podName: answer.Status.Labels["io.kubernetes.pod.name"], podUID: types.UID(answer.Status.Labels["io.kubernetes.pod.uid"]),
	}
	if answer.Status.StartedAt.Unix() > 0 { // crictl has two ways to say never: the year 1, and 1970.
		of.begun = answer.Status.CreatedAt
	}
	if answer.Status.State == runtimeapi.ContainerState_CONTAINER_EXITED.String() {
		of.ended, of.code = answer.Status.FinishedAt, answer.Status.ExitCode
	}
	return of, nil
}

// Heard asks the node about a container that the API server tells of, if the node's own events have not told of it.
func (c *Cluster) Heard(ctx context.Context, p *podcluster.Pod, status corev1.ContainerStatus) {
	for _, ended := range []*corev1.ContainerStateTerminated{status.LastTerminationState.Terminated, status.State.Terminated} {
		if ended == nil {
			continue
		}
		if id := bare(ended.ContainerID); !c.pods.Knows(id, true) {
			c.ask(ctx, node(p.Node), id)
		}
	}
	if status.State.Running == nil {
		return
	}
	if id := bare(status.ContainerID); !c.pods.Knows(id, false) {
		c.ask(ctx, node(p.Node), id)
	}
}

// bare is a container's ID without the name of the runtime before it.
func bare(id string) string {
	_, bare, _ := strings.Cut(id, "://")
	return bare
}

// ask looks a container up on its node. One that is gone by now told of itself before, or never ran.
func (c *Cluster) ask(ctx context.Context, n node, id string) {
	c.running.Go(func() {
		if of, err := c.inspect(ctx, n, id); err == nil && !of.begun.IsZero() {
			c.note(ctx, n, of)
		}
	})
}
