// Command nodenet is the pod network of a kind cluster: it runs on every node, in the node's network namespace.
//
// It tells the container runtime from which range pods get their addresses, and keeps a route to the range of every
// other node, which is all that nodes on one link need. What a pod sends out of the pod network leaves under the
// node's address, because nobody out there knows the way back to a pod. IPv4 only.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	name := os.Getenv("NODE_NAME")
	pods, err := netip.ParsePrefix(os.Getenv("POD_SUBNET"))
	if err != nil || !pods.Addr().Is4() {
		return fmt.Errorf("POD_SUBNET: expected one IPv4 range; seen %q; configure the cluster with ipFamily ipv4",
			os.Getenv("POD_SUBNET"))
	}
	api, err := newAPI(os.Getenv("CONTROL_PLANE_ENDPOINT"))
	if err != nil {
		return err
	}
	if err := masquerade(ctx, pods); err != nil {
		return err
	}
	var configured netip.Prefix
	// Everything is set again now and then, also when no node changed: somebody may have taken it away.
	return api.follow(ctx, time.Minute, func(nodes []node) error {
		for _, n := range nodes {
			if n.name != name || !n.pods.IsValid() || n.pods == configured {
				continue
			}
			if err := configure(n.pods, linkMTU(n.address)); err != nil {
				return err
			}
			configured = n.pods
			log.Printf("pods of this node get addresses from %s", n.pods)
		}
		return route(ctx, name, nodes)
	})
}

// linkMTU is that of the interface with this address: a pod's packets go through it.
func linkMTU(address netip.Addr) int {
	links, _ := net.Interfaces()
	for _, link := range links {
		addresses, _ := link.Addrs()
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr() == address {
				return link.MTU
			}
		}
	}
	return 1500
}
