package simcluster

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func respond(request *http.Request, code int, contentType string, body []byte) *http.Response {
	return &http.Response{
		Request:    request,
		StatusCode: code, Status: http.StatusText(code),
		Proto: "HTTP/2.0", ProtoMajor: 2,
		Header:        http.Header{"Content-Type": {contentType}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
	}
}

// answered answers with an object, in the encoding that the client asks for.
func answered(request *http.Request, code int, object runtime.Object) *http.Response {
	if status, is := object.(*metav1.Status); is {
		status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	}
	m := accepted(request)
	return respond(request, code, m.name, m.encode(object))
}

// refuse answers with the status that an error carries (k8s.io/apiserver
// pkg/endpoints/handlers/responsewriters, ErrorToAPIStatus and ErrorNegotiated).
func refuse(request *http.Request, err error) *http.Response {
	status := metav1.Status{Status: metav1.StatusFailure, Code: http.StatusInternalServerError, Message: err.Error()}
	if carries := apierrors.APIStatus(nil); errors.As(err, &carries) {
		status = carries.Status()
	}
	response := answered(request, int(status.Code), &status)
	if status.Details != nil && status.Details.RetryAfterSeconds > 0 {
		response.Header.Set("Retry-After", strconv.Itoa(int(status.Details.RetryAfterSeconds)))
	}
	return response
}
