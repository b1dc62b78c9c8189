package kindcluster

import (
	"context"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/podcluster"
)

// partition drops what goes between a replica's pod and the API server. The pod goes on reaching everything else.
func (c *Cluster) partition(ctx context.Context, f fault.Partition) (fault.Injection, error) {
	l, err := c.pods.Current(f.Replica)
	if err != nil {
		return nil, err
	}
	pod, err := c.addressOf(ctx, l)
	if err != nil {
		return nil, err
	}
	requests, answers := c.between(pod)
	return c.filters.set(ctx, node(l.Pod.Node), map[fault.Lost][]rule{
		fault.Everything: {requests, answers}, fault.Requests: {requests}, fault.Answers: {answers},
	}[f.Lost]...)
}

// between are the packets that go between a pod and the API server, as they are when they are forwarded: the address of the
// Service has been translated by then, in both directions.
func (c *Cluster) between(pod string) (requests, answers rule) {
	host, port := c.apiServer.host, c.apiServer.port
	return rule{"forward", fmt.Sprintf("ip saddr %s ip daddr %s tcp dport %d", pod, host, port)},
		rule{"forward", fmt.Sprintf("ip saddr %s ip daddr %s tcp sport %d", host, pod, port)}
}

// addressOf is where a life's pod is. It was told when the container began, as a rule: to ask takes time, and a partition is
// to take hold just after a renewal, not in the midst of the next.
func (c *Cluster) addressOf(ctx context.Context, l *podcluster.Life) (string, error) {
	if known := c.pods.Address(l); known != "" {
		return known, nil
	}
	// The node knows it; the API may not as yet.
	address, err := node(l.Pod.Node).run(ctx, `sandbox=$(crictl inspect --output go-template --template '{{.info.sandboxID}}' "$1") &&
		crictl inspectp --output go-template --template '{{.status.network.ip}}' "$sandbox"`, "", l.Container)
	if err != nil {
		return "", fmt.Errorf("looking up the address of %s: %w", l.Source, err)
	}
	return strings.TrimSpace(address), nil
}

// endpoint is where a server listens.
type endpoint struct {
	host string
	port int32
}

// findAPIServer says where the API server listens, behind its Service.
func (c *Cluster) findAPIServer(ctx context.Context) (endpoint, error) {
	slices, err := c.namespace.Clients.DiscoveryV1().EndpointSlices(metav1.NamespaceDefault).
		List(ctx, metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=kubernetes"})
	if err != nil {
		return endpoint{}, fmt.Errorf("looking up the address of the API server: %w", err)
	}
	for _, slice := range slices.Items {
		for _, behind := range slice.Endpoints {
			for _, address := range behind.Addresses {
				if len(slice.Ports) > 0 && slice.Ports[0].Port != nil && strings.Contains(address, ".") {
					return endpoint{host: address, port: *slice.Ports[0].Port}, nil
				}
			}
		}
	}
	return endpoint{}, fmt.Errorf("expected an IPv4 address behind the Service %q, got none in %d slices", "kubernetes", len(slices.Items))
}

// partitionNode drops all that goes between a replica's node, with all that runs on it, and the control plane's.
func (c *Cluster) partitionNode(ctx context.Context, replica string) (fault.Injection, error) {
	l, err := c.pods.Current(replica)
	if err != nil {
		return nil, err
	}
	host := c.apiServer.host
	return c.filters.set(ctx, node(l.Pod.Node),
		rule{"input", "ip saddr " + host}, rule{"output", "ip daddr " + host},
		rule{"forward", "ip saddr " + host}, rule{"forward", "ip daddr " + host})
}
