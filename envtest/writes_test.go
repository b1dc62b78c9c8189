package envtest_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/e2e/apiserver/audit"
	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/subject/manager"
	"github.com/interregnum/interregnum/envtest/processcluster"
)

// enough is far above what the API server takes for anything here.
const enough = 30 * time.Second

// What is known of writes is worth what the reading of the API server's record is worth. Here it is held against what a real
// API server did.
func writes(it func(text string, args ...any)) {
	it("the record of writes says whose each write is, and what came of it", func(ctx SpecContext) {
		namespace := place(ctx)
		pod, token, err := namespace.Stand(ctx, "replica-a")
		Expect(err).NotTo(HaveOccurred())
		config := shared.API.config()
		config.CertData, config.KeyData, config.BearerToken = nil, nil, token
		replica, err := kubernetes.NewForConfig(config)
		Expect(err).NotTo(HaveOccurred())

		Expect(namespace.MakeWork(ctx, "one")).To(Succeed())
		leases := replica.CoordinationV1().Leases(namespace.Name)
		lease, err := leases.Create(ctx, with(aLease(), func(l *coordinationv1.Lease) { l.Name = "my-controller-lock" }), metav1.CreateOptions{})
		Expect(err).NotTo(HaveOccurred())
		newer, err := leases.Update(ctx, renewed(lease), metav1.UpdateOptions{})
		Expect(err).NotTo(HaveOccurred())
		_, err = leases.Update(ctx, renewed(renewed(lease)), metav1.UpdateOptions{})
		Expect(err).To(MatchError(apierrors.IsConflict, "of a stale version"))
		stamp := []byte(`{"metadata":{"annotations":{"` + journal.ProcessedByAnnotation + `":"me","` + journal.ProcessedInTermAnnotation + `":"7"}}}`)
		items := replica.CoreV1().ConfigMaps(namespace.Name)
		_, err = items.Patch(ctx, "one", types.MergePatchType, stamp, metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
		Expect(err).NotTo(HaveOccurred())
		stamped, err := items.Patch(ctx, "one", types.MergePatchType, stamp, metav1.PatchOptions{})
		Expect(err).NotTo(HaveOccurred())
		Expect(leases.Delete(ctx, lease.Name, metav1.DeleteOptions{})).To(MatchError(apierrors.IsForbidden, "of what the Role does not allow"))

		a := history.Source{Replica: "a", Start: 1}
		facts := audit.Attribute(record(ctx, namespace), nil, func(name, uid string) []history.Source {
			Expect(name).To(Equal(pod.Name))
			Expect(uid).To(Equal(string(pod.UID)))
			return []history.Source{a}
		})
		type what struct {
			Source             history.Source
			Verb, Item         string
			Identity, Revision string
			Code               int
			Effect             history.Effect
		}
		var seen []what
		for _, f := range facts {
			switch f.Write.Resource {
			case history.Leases, history.WorkItems:
				seen = append(seen, what{f.Source, f.Write.Verb, f.Item, f.Identity, f.Write.Revision, f.Write.Code, f.Write.Effect()})
				Expect(f.Write.Completed).To(HaveValue(BeTemporally(">=", f.Time)))
			}
		}
		Expect(seen).To(HaveExactElements(
			HaveField("Item", "one"),
			what{a, "create", "", "", lease.ResourceVersion, 201, history.Applied},
			what{a, "update", "", "", newer.ResourceVersion, 200, history.Applied},
			what{a, "update", "", "", "", 409, history.Refused},
			what{a, "patch", "one", "me", stamped.ResourceVersion, 200, history.Applied},
			what{a, "delete", "", "", "", 403, history.Refused},
		))
		Expect(seen[0].Source).To(BeZero(), "the harness is no replica")
	}, Label("conformance"), SpecTimeout(time.Minute))

	it("a write is in the record before its author knows that it was made", func(ctx SpecContext) {
		namespace := place(ctx)
		file, err := os.Open(shared.AuditLog)
		Expect(err).NotTo(HaveOccurred())
		defer file.Close()
		log := audit.NewLog(namespace.Name, func(err error) { Fail(err.Error()) })
		for range 100 {
			id, err := namespace.Mark(ctx)
			Expect(err).NotTo(HaveOccurred())
			_, err = io.Copy(log, file)
			Expect(err).NotTo(HaveOccurred())
			at, cancel := context.WithCancel(ctx)
			cancel()
			Expect(log.Await(at, id)).To(Succeed())
		}
	}, Label("conformance"), SpecTimeout(time.Minute))

	it("what became of a write whose author did not wait for the answer is not guessed", func(ctx SpecContext) {
		namespace := place(ctx)
		const hurried = 40
		for i := range hurried {
			// The API server gives up sooner or later; whether the object is stored by then is a matter of luck, but the first have none.
			within := time.Duration(i+1) * 50 * time.Microsecond
			_ = namespace.Clients.CoreV1().RESTClient().Post().Namespace(namespace.Name).Resource("configmaps").Param("timeout", within.String()).
				Body(anItem(fmt.Sprintf("hurried-%d", i), nil)).Do(ctx).Error()
		}
		there, err := namespace.Clients.CoreV1().ConfigMaps(namespace.Name).List(ctx, metav1.ListOptions{})
		Expect(err).NotTo(HaveOccurred())
		stored := map[string]bool{}
		for _, item := range there.Items {
			stored[item.Name] = true
		}
		effects := map[history.Effect]int{}
		for _, write := range ofItems(record(ctx, namespace)) {
			effects[write.Effect()]++
			switch write.Effect() {
			case history.Applied:
				Expect(stored).To(HaveKey(write.Name))
			case history.Refused:
				Expect(stored).NotTo(HaveKey(write.Name))
			case history.Unknown:
			}
		}
		GinkgoWriter.Println(effects, "of", hurried, "of which stored:", len(stored))
		Expect(effects[history.Unknown]).To(BeNumerically(">", 0))
	}, Label("conformance"), SpecTimeout(time.Minute))

	it("a write whose author has left is neither done nor undone", func(ctx SpecContext) {
		namespace := place(ctx)
		asked, release := holdItems(ctx, namespace)
		patient, leave := context.WithCancel(ctx)
		left := makeItems(patient, namespace)
		Eventually(ctx, asked).WithTimeout(enough).Should(Receive())
		leave()
		name := ""
		Eventually(ctx, left).WithTimeout(enough).Should(Receive(&name))
		release()
		Expect(ofItems(record(ctx, namespace))).To(ContainElement(SatisfyAll(
			HaveField("Name", name), WithTransform(history.Write.Effect, Equal(history.Unknown)))))
	}, Label("conformance"), SpecTimeout(time.Minute))

	it("a write that a killed API server has not answered is neither done nor undone", func(ctx SpecContext) {
		folder := GinkgoT().TempDir()
		controlPlane, err := ownControlPlane(ctx, folder)
		must(err)
		cluster, err := processcluster.New(ctx, processcluster.Config{ControlPlane: controlPlane, Folder: folder, Observer: observe.New()})
		must(err)
		DeferCleanup(func() { Expect(cluster.Close()).To(Succeed()) })
		namespace, err := apiserver.Make(ctx, controlPlane.Config())
		must(err)
		asked, release := holdItems(ctx, namespace)
		left := makeItems(ctx, namespace)
		Eventually(ctx, asked).WithTimeout(enough).Should(Receive())
		away, err := cluster.Inject(ctx, fault.APIServerAway{})
		Expect(err).NotTo(HaveOccurred())
		Eventually(ctx, left).WithTimeout(enough).Should(Receive())
		Expect(away.Heal(ctx)).To(Succeed())
		release()
		writes := ofItems(recordIn(ctx, controlPlane.AuditLog(), namespace))
		Expect(writes).NotTo(BeEmpty())
		// Of a request that is to make something no more is known, before it is read, than that.
		Expect(writes[len(writes)-1]).To(Equal(history.Write{User: "interregnum", Verb: "create", Resource: history.WorkItems}))
	}, Label("conformance"), SpecTimeout(2*time.Minute))
}

// place is a namespace of the spec's own.
func place(ctx context.Context) *apiserver.Namespace {
	GinkgoHelper()
	namespace, err := apiserver.Make(ctx, shared.API.config())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(namespace.Remove)
	Expect(namespace.Grant(ctx, manager.New(history.Binary{}, nil), enough)).To(Succeed())
	return namespace
}

// record reads the shared API server's record of all that it has answered in the namespace.
func record(ctx context.Context, namespace *apiserver.Namespace) []history.Fact {
	GinkgoHelper()
	return recordIn(ctx, shared.AuditLog, namespace)
}

func recordIn(ctx context.Context, path string, namespace *apiserver.Namespace) []history.Fact {
	GinkgoHelper()
	id, err := namespace.Mark(ctx)
	Expect(err).NotTo(HaveOccurred())
	log := audit.NewLog(namespace.Name, func(err error) { Fail(err.Error()) })
	file, err := os.Open(path)
	Expect(err).NotTo(HaveOccurred())
	defer file.Close()
	_, err = io.Copy(log, file)
	Expect(err).NotTo(HaveOccurred())
	Expect(log.Await(ctx, id)).To(Succeed())
	return log.Requests()
}

func ofItems(facts []history.Fact) []history.Write {
	var writes []history.Write
	for _, fact := range facts {
		if fact.Write.Resource == history.WorkItems {
			writes = append(writes, *fact.Write)
		}
	}
	return writes
}

// makeItems makes one work item after the other until one cannot be made, and then tells its name.
func makeItems(ctx context.Context, namespace *apiserver.Namespace) <-chan string {
	items, failed := namespace.Clients.CoreV1().ConfigMaps(namespace.Name), make(chan string, 1)
	go func() {
		for i := 0; ; i++ {
			name := fmt.Sprintf("item-%d", i)
			if _, err := items.Create(ctx, anItem(name, nil), metav1.CreateOptions{}); err != nil {
				failed <- name
				return
			}
		}
	}()
	return failed
}

// holdItems makes the API server wait for an answer that does not come before it makes an item: from a webhook that takes
// calls and says nothing. It tells of the first one that is held.
func holdItems(ctx context.Context, namespace *apiserver.Namespace) (asked <-chan net.Conn, release func()) {
	GinkgoHelper()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	calls := make(chan net.Conn, 1)
	go func() {
		var held []net.Conn
		for {
			call, err := listener.Accept()
			if err != nil {
				for _, call := range held {
					_ = call.Close()
				}
				return
			}
			held = append(held, call)
			select {
			case calls <- call:
			default:
			}
		}
	}()
	webhooks := namespace.Clients.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	_, err = webhooks.Create(ctx, &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: namespace.Name},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name:                    "hold.interregnum.dev",
			AdmissionReviewVersions: []string{"v1"},
			SideEffects:             new(admissionregistrationv1.SideEffectClassNone),
			ClientConfig:            admissionregistrationv1.WebhookClientConfig{URL: new("https://" + listener.Addr().String())},
			NamespaceSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace.Name}},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule: admissionregistrationv1.Rule{
					APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"},
				},
			}},
		}},
	}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	release = sync.OnceFunc(func() {
		// Other specs are not to wait for it.
		Expect(webhooks.Delete(context.WithoutCancel(ctx), namespace.Name, metav1.DeleteOptions{})).To(Succeed())
		Expect(listener.Close()).To(Succeed())
	})
	DeferCleanup(release)
	return calls, release
}
