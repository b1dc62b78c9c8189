package proxy

import (
	"net/http"
	"slices"
	"strings"
)

// LeaseWrites matches what changes Leases, as an election does: to create, update or patch one. Deletion is no part of an
// election and is not matched.
func LeaseWrites(r *http.Request) bool {
	return writes(r) && concerns(r, leases)
}

// WorkWrites matches what creates, updates or patches anything that is neither a Lease nor an Event, nor asks who somebody is and
// what he may do.
func WorkWrites(r *http.Request) bool {
	return writes(r) && !slices.ContainsFunc(noWork, func(what resource) bool { return concerns(r, what) })
}

// LeaseReads matches what reads Leases: to get, list or watch them.
func LeaseReads(r *http.Request) bool {
	return r.Method == http.MethodGet && concerns(r, leases)
}

func writes(r *http.Request) bool {
	return slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, r.Method)
}

// resource is how paths begin that name one, and its name.
type resource struct {
	group []string
	name  string
}

var (
	leases = resource{[]string{"apis", "coordination.k8s.io"}, "leases"}
	noWork = []resource{
		leases,
		{[]string{"api"}, "events"}, {[]string{"apis", "events.k8s.io"}, "events"},
		{[]string{"apis", "authentication.k8s.io"}, "tokenreviews"}, {[]string{"apis", "authentication.k8s.io"}, "selfsubjectreviews"},
		{[]string{"apis", "authorization.k8s.io"}, "subjectaccessreviews"}, {[]string{"apis", "authorization.k8s.io"}, "selfsubjectaccessreviews"},
		{[]string{"apis", "authorization.k8s.io"}, "localsubjectaccessreviews"}, {[]string{"apis", "authorization.k8s.io"}, "selfsubjectrulesreviews"},
	}
)

// concerns parses the path, as a namespace or another object can be named as a resource is, too.
func concerns(r *http.Request, what resource) bool {
	// group / version [/ namespaces / name] / resource [/ name]
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(path) < len(what.group)+2 || !slices.Equal(path[:len(what.group)], what.group) {
		return false
	}
	path = path[len(what.group)+1:]
	if len(path) > 2 && path[0] == "namespaces" {
		path = path[2:]
	}
	return path[0] == what.name
}
