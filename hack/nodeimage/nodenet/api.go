package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// node is what nodenet needs to know of one.
type node struct {
	name    string
	address netip.Addr   // InternalIP
	pods    netip.Prefix // invalid until the controller manager has chosen one
}

// api speaks to the API server in plain HTTP. A client library would make the program, and the time until the
// cluster's network is up, several times as large.
type api struct {
	client *http.Client
	base   string
}

const account = "/var/run/secrets/kubernetes.io/serviceaccount"

// newAPI takes the endpoint that kind gives: the service's address works only once kube-proxy does.
func newAPI(endpoint string) (*api, error) {
	if endpoint == "" {
		endpoint = net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	}
	pem, err := os.ReadFile(account + "/ca.crt")
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &api{
		base: "https://" + endpoint + "/api/v1/nodes",
		client: &http.Client{Transport: &http.Transport{
			TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout:   5 * time.Second,
			ResponseHeaderTimeout: 10 * time.Second,
		}},
	}, nil
}

// follow calls set with all nodes, and again at each change, and at least once each period.
func (a *api) follow(ctx context.Context, period time.Duration, set func([]node) error) error {
	said := ""
	for ctx.Err() == nil {
		err := a.listAndWatch(ctx, period, set)
		if err != nil && err.Error() != said && ctx.Err() == nil {
			said = err.Error() // once: the API server may be away for long
			log.Printf("trying again every second: %v", err)
		}
		if err == nil {
			said = ""
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return nil
}

type object struct {
	Metadata struct{ Name, ResourceVersion string }
	Spec     struct{ PodCIDRs []string }
	Status   struct {
		Addresses []struct{ Type, Address string }
	}
	Message string // of an error
}

func (o object) node() node {
	n := node{name: o.Metadata.Name}
	for _, a := range o.Status.Addresses {
		if ip, err := netip.ParseAddr(a.Address); err == nil && a.Type == "InternalIP" && ip.Is4() {
			n.address = ip
		}
	}
	for _, c := range o.Spec.PodCIDRs {
		if p, err := netip.ParsePrefix(c); err == nil && p.Addr().Is4() {
			n.pods = p
		}
	}
	return n
}

func (a *api) listAndWatch(ctx context.Context, period time.Duration, set func([]node) error) error {
	// A peer that vanished without a word (docker pause, a cut link) is noticed at the end of the period.
	ctx, cancel := context.WithTimeout(ctx, period+10*time.Second)
	defer cancel()
	var list struct {
		Metadata struct{ ResourceVersion string }
		Items    []object
	}
	body, err := a.get(ctx, nil)
	if err != nil {
		return err
	}
	err = json.NewDecoder(body).Decode(&list)
	_ = body.Close()
	if err != nil {
		return err
	}
	nodes := map[string]node{}
	for _, item := range list.Items {
		nodes[item.Metadata.Name] = item.node()
	}
	if err := set(slices.Collect(maps.Values(nodes))); err != nil {
		return err
	}

	body, err = a.get(ctx, url.Values{
		"watch":           {"true"},
		"resourceVersion": {list.Metadata.ResourceVersion},
		"timeoutSeconds":  {fmt.Sprintf("%.0f", period.Seconds())},
	})
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	for events := json.NewDecoder(body); ; {
		var event struct {
			Type   string
			Object object
		}
		if err := events.Decode(&event); err == io.EOF {
			return nil // the period is over
		} else if err != nil {
			return err
		}
		if event.Type == "ERROR" {
			return fmt.Errorf("watching nodes: %s", event.Object.Message)
		}
		name := event.Object.Metadata.Name
		before, known := nodes[name]
		nodes[name] = event.Object.node()
		if event.Type == "DELETED" {
			delete(nodes, name)
		} else if known && before == nodes[name] {
			continue // a heartbeat
		}
		if err := set(slices.Collect(maps.Values(nodes))); err != nil {
			return err
		}
	}
}

func (a *api) get(ctx context.Context, query url.Values) (io.ReadCloser, error) {
	token, err := os.ReadFile(account + "/token") // every time: the kubelet renews it
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	response, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 1024))
		_ = response.Body.Close()
		return nil, fmt.Errorf("listing nodes: %s: %s", response.Status, said)
	}
	return response.Body, nil
}
