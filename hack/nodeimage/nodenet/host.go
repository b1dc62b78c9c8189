package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// protocol marks the routes that are nodenet's, so that it can tell which ones to take away.
const protocol = 73

// configure tells the container runtime how to connect a pod. The kubelet calls the node ready when the file is there.
func configure(pods netip.Prefix, mtu int) error {
	type m = map[string]any
	content, err := json.MarshalIndent(m{
		"cniVersion": "0.3.1",
		"name":       "nodenet",
		"plugins": []m{
			{
				"type": "ptp",
				"mtu":  mtu,
				"ipam": m{
					"type":    "host-local",
					"dataDir": "/run/cni-ipam-state", // forgotten with the pods when the node stops
					"ranges":  [][]m{{{"subnet": pods.String()}}},
					"routes":  []m{{"dst": "0.0.0.0/0"}},
				},
			},
			{"type": "portmap", "capabilities": m{"portMappings": true}},
		},
	}, "", "  ")
	if err != nil {
		return err
	}
	// Whole or not at all: the runtime reads it as soon as it appears.
	const file = "/etc/cni/net.d/10-nodenet.conflist"
	if err := os.WriteFile(file+".new", content, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// masquerade gives what leaves the pod network the node's address.
func masquerade(ctx context.Context, pods netip.Prefix) error {
	rules := strings.NewReplacer("PODS", pods.String()).Replace(`
		table ip nodenet
		delete table ip nodenet
		table ip nodenet {
			chain leaving {
				type nat hook postrouting priority srcnat; policy accept;
				ip saddr PODS ip daddr != PODS masquerade
			}
		}`)
	_, err := command(ctx, rules, "nft", "-f", "-")
	return err
}

// route makes the routes to other nodes' pods what the nodes say, and no others.
func route(ctx context.Context, self string, nodes []node) error {
	wanted := map[string]string{}
	for _, n := range nodes {
		if n.name != self && n.pods.IsValid() && n.address.IsValid() {
			wanted[n.pods.String()] = n.address.String()
		}
	}
	output, err := command(ctx, "", "ip", "-4", "route", "show", "proto", strconv.Itoa(protocol))
	if err != nil {
		return err
	}
	for line := range strings.Lines(output) { // 10.244.1.0/24 via 172.18.0.3 dev eth0
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		pods, via := fields[0], fields[2]
		switch wanted[pods] {
		case via:
			delete(wanted, pods) // there already
		case "":
			log.Printf("no node has the pods %s any more", pods)
			if _, err := command(ctx, "", "ip", "route", "del", pods, "proto", strconv.Itoa(protocol)); err != nil {
				return err
			}
		}
	}
	for pods, via := range wanted {
		log.Printf("pods %s are behind %s", pods, via)
		if _, err := command(ctx, "", "ip", "route", "replace", pods, "via", via, "proto", strconv.Itoa(protocol)); err != nil {
			return err
		}
	}
	return nil
}

func command(ctx context.Context, input, name string, arguments ...string) (string, error) {
	c := exec.CommandContext(ctx, name, arguments...)
	var stdout, stderr bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(input), &stdout, &stderr
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", c, err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}
