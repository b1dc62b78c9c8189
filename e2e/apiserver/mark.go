package apiserver

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

// markAnnotation is what a mark writes, into the namespace itself: nobody else looks at it.
const markAnnotation = "interregnum.dev/recorded-at"

// Mark makes a write of the harness's own and returns the audit ID that it has in the API server's record of writes: once
// that tells of it (audit.Log.Await), it tells of every write that was answered before. It fails if the API server does not
// answer before the context ends.
func (n *Namespace) Mark(ctx context.Context) (string, error) {
	id := string(uuid.NewUUID())
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]string{
		markAnnotation: time.Now().UTC().Format(time.RFC3339Nano),
	}}})
	if err != nil {
		return "", err
	}
	err = n.Clients.CoreV1().RESTClient().Patch(types.MergePatchType).Resource("namespaces").Name(n.Name).
		SetHeader(auditv1.HeaderAuditID, id).Body(patch).Do(ctx).Error()
	if err != nil {
		return "", fmt.Errorf("making a write that shows how far the API server's record of writes goes: %w", err)
	}
	return id, nil
}
