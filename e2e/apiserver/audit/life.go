package audit

import (
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/uuid"

	"github.com/interregnum/interregnum/e2e/history"
)

// ofLife begins the names of requests that say which life of a replica sent them.
const ofLife = "life."

// IDOf is a name for a request of a life: whoever stands between a replica and the API server gives it (auditv1.HeaderAuditID), when
// the request arrives from the replica. However long it is held then, the log tells whose it was.
func IDOf(life history.Source) string {
	return ofLife + life.Replica + "." + strconv.Itoa(life.Start) + "." + string(uuid.NewUUID())
}

// lifeIn is the life that such a name tells of; none, if it is another.
func lifeIn(id string) history.Source {
	rest, is := strings.CutPrefix(id, ofLife)
	parts := strings.Split(rest, ".")
	if !is || len(parts) != 3 {
		return history.Source{}
	}
	start, err := strconv.Atoi(parts[1])
	if err != nil {
		return history.Source{}
	}
	return history.Source{Replica: parts[0], Start: start}
}
