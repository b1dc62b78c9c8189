package proxy

import (
	"net/http"
	"slices"
	"strings"
)

// LeaseWrites matches what changes Leases, as an election does: to create, update or patch one. Deletion is no part of an
// election and is not matched.
func LeaseWrites(r *http.Request) bool {
	return slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, r.Method) && ofLeases(r)
}

// LeaseReads matches what reads Leases: to get, list or watch them.
func LeaseReads(r *http.Request) bool {
	return r.Method == http.MethodGet && ofLeases(r)
}

// ofLeases parses the path, as a namespace or another object can be named leases too.
func ofLeases(r *http.Request) bool {
	// apis / group / version [/ namespaces / name] / resource [/ name]
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(path) < 4 || path[0] != "apis" || path[1] != "coordination.k8s.io" {
		return false
	}
	resource := path[3:]
	if len(resource) > 2 && resource[0] == "namespaces" {
		resource = resource[2:]
	}
	return resource[0] == "leases"
}
