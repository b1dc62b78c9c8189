package simcluster_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientcoordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	clientcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/envtest/simcluster"
)

// api is a model of the API server, and client-go's own clients of it.
type api struct {
	*WithT
	leases clientcoordinationv1.LeaseInterface
	items  clientcorev1.ConfigMapInterface
	// told are the names of the objects that the model told of; those of deleted ones have a minus.
	told *[]string
	// wrote are the requests to change something that it told of.
	wrote *[]history.Fact
}

// audience takes down what an API server tells.
type audience struct {
	told  *[]string
	wrote *[]history.Fact
}

// Version implements simcluster.Audience.
func (a audience) Version(o runtime.Object, deleted bool) {
	name := o.(metav1.Object).GetName()
	if deleted {
		name = "-" + name
	}
	*a.told = append(*a.told, name)
}

// Asked implements simcluster.Audience.
func (a audience) Asked(fact history.Fact) { *a.wrote = append(*a.wrote, fact) }

// inEachMedia runs a test with clients that speak JSON, and with clients that speak protobuf.
func inEachMedia(t *testing.T, test func(t *testing.T, a api)) {
	t.Helper()
	for name, media := range map[string]string{"JSON": runtime.ContentTypeJSON, "protobuf": runtime.ContentTypeProtobuf} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			a := api{WithT: g, told: new([]string), wrote: new([]history.Fact)}
			config := &rest.Config{
				Host: "http://apiserver.sim", QPS: -1,
				ContentConfig: rest.ContentConfig{ContentType: media, AcceptContentTypes: media},
				Transport:     simcluster.NewAPIServer(audience{a.told, a.wrote}),
			}
			coordination, err := clientcoordinationv1.NewForConfig(config)
			g.Expect(err).NotTo(HaveOccurred())
			core, err := clientcorev1.NewForConfig(config)
			g.Expect(err).NotTo(HaveOccurred())
			a.leases, a.items = coordination.Leases("here"), core.ConfigMaps("here")
			test(t, a)
		})
	}
}

// lease is one as an elector makes it.
func lease(name string) *coordinationv1.Lease {
	now := metav1.NewMicroTime(time.Now())
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity: new("me"), LeaseDurationSeconds: new(int32(15)), LeaseTransitions: new(int32(0)),
			AcquireTime: &now, RenewTime: &now,
		},
	}
}

func item(name string, labels map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
}
