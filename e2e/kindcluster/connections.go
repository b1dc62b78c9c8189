package kindcluster

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/interregnum/interregnum/e2e/fault"
)

// killConnections drops what goes between a replica's pod and the API server on the connections that the pod has now. New ones
// have other ports.
func (c *Cluster) killConnections(ctx context.Context, replica string) (fault.Injection, error) {
	l, err := c.pods.Current(replica)
	if err != nil {
		return nil, err
	}
	pod, err := c.addressOf(ctx, l)
	if err != nil {
		return nil, err
	}
	table, err := node(l.Pod.Node).run(ctx, pidOf+`cat "/proc/$pid/net/tcp"`, "", l.Container)
	if err != nil {
		return nil, fmt.Errorf("looking up the connections of %s: %w", l.Source, err)
	}
	ports, err := openPorts(table)
	if err != nil {
		return nil, fmt.Errorf("looking up the connections of %s: %w", l.Source, err)
	}
	requests, answers := c.between(pod)
	set := " { " + strings.Join(ports, ", ") + " }"
	f, err := c.filters.set(ctx, node(l.Pod.Node),
		rule{requests.hook, requests.match + " tcp sport" + set}, rule{answers.hook, answers.match + " tcp dport" + set})
	if err != nil {
		return nil, err
	}
	// By the heal, nobody may use them any more.
	f.passing = []rule{requests, answers}
	return f, nil
}

// established is the state of an open connection in /proc/net/tcp (the kernel's include/net/tcp_states.h).
const established = "01"

// openPorts are the local ports of the open connections in a table as /proc/net/tcp shows it.
func openPorts(table string) ([]string, error) {
	var ports []string
	for line := range strings.Lines(table) {
		fields := strings.Fields(line) // sl, local_address, rem_address, st, …
		if len(fields) < 4 || fields[3] != established {
			continue
		}
		_, port, _ := strings.Cut(fields[1], ":")
		number, err := strconv.ParseUint(port, 16, 16)
		if err != nil {
			return nil, fmt.Errorf("expected an address and a port in hexadecimal digits, got %q", fields[1])
		}
		ports = append(ports, strconv.FormatUint(number, 10))
	}
	if len(ports) == 0 {
		return nil, fmt.Errorf("expected an open connection, got none in:\n%s", table)
	}
	slices.Sort(ports)
	return slices.Compact(ports), nil
}
