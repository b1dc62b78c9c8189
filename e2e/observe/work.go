package observe

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/history"
)

// Work records that a work item was processed, if the item says so. It is to be told every version of an item.
func (o *Observer) Work(item *corev1.ConfigMap) {
	by, stamped := item.Annotations[journal.ProcessedByAnnotation]
	if !stamped {
		return
	}
	fact := history.Fact{Kind: history.Stamped, Item: item.Name, Identity: by}
	if term, err := strconv.ParseInt(item.Annotations[journal.ProcessedInTermAnnotation], 10, 64); err == nil {
		fact.Term = &term
	}
	o.Record(fact)
}
