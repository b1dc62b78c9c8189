package simcluster

import (
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// policy says why something may not be written that is valid and made from the latest version; nil, if it may.
type policy func(of target) error

// deny is what a ValidatingAdmissionPolicy says that gives no reason of its own: e2e/apiserver makes one, which has the name of
// its namespace (k8s.io/apiserver, pkg/admission/plugin/policy/validating, dispatcher.Dispatch).
func deny(of target) error {
	text := "ValidatingAdmissionPolicy '" + of.namespace + "' with binding '" + of.namespace + "' denied request: a test refuses this replica's writes of Leases"
	group := of.resource.group
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusUnprocessableEntity, Reason: metav1.StatusReasonInvalid,
		Message: group.String() + ` "` + of.name + `" is forbidden: ` + text,
		Details: &metav1.StatusDetails{Name: of.name, Group: group.Group, Kind: group.Resource, Causes: []metav1.StatusCause{{Message: text}}},
	}}
}

// RefusingLeases is the API server as one sees it whose writes of Leases a policy refuses.
func (s *APIServer) RefusingLeases() http.RoundTripper { return refusing{s} }

type refusing struct{ *APIServer }

// RoundTrip implements http.RoundTripper.
func (r refusing) RoundTrip(request *http.Request) (*http.Response, error) {
	return r.answer(request, anonymous, nil, func(of target) error {
		if of.resource != r.leases {
			return nil
		}
		return deny(of)
	}), nil
}
