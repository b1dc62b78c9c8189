package envtest_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/interregnum/interregnum/e2e/apiserver"
	"github.com/interregnum/interregnum/envtest/simcluster"
)

// refusals are of what writes of Leases come to when a policy refuses them: on the real API server, and in virtual time.
func refusals(it func(text string, args ...any)) {
	it("the policy refuses one pod's writes of Leases, and nothing else, until it is healed", func(ctx SpecContext) {
		namespace := place(ctx)
		Expect(namespace.CanRefuse()).To(Succeed())
		one, other := ofPod("replica-a"), ofPod("replica-b")
		write := func(as kubernetes.Interface, name string) error {
			_, err := as.CoordinationV1().Leases(namespace.Name).Create(ctx, with(aLease(), func(l *coordinationv1.Lease) { l.Name = name }), metav1.CreateOptions{})
			return err
		}
		refused, err := namespace.RefuseLeaseWrites(ctx, "replica-a", unread, enough)
		must(err)
		for range 3 {
			Expect(write(one, "mine")).To(And(MatchError(apierrors.IsInvalid, "of a policy"), MatchError(ContainSubstring("a test refuses this replica's writes of Leases"))))
		}
		Expect(write(other, "theirs")).To(Succeed())
		_, err = one.CoordinationV1().Leases(namespace.Name).Get(ctx, "theirs", metav1.GetOptions{})
		Expect(err).NotTo(HaveOccurred(), "it may read")
		Expect(namespace.MakeWork(ctx, "an-item")).To(Succeed())

		second, err := namespace.RefuseLeaseWrites(ctx, "replica-b", unread, enough)
		must(err)
		Expect(write(other, "theirs-again")).To(MatchError(apierrors.IsInvalid, "of a policy"))
		must(refused.Heal(ctx))
		Expect(write(one, "mine")).To(Succeed(), "at once")
		Expect(write(other, "theirs-again")).To(MatchError(apierrors.IsInvalid, "of a policy"), "still")
		must(second.Heal(ctx))
		Expect(write(other, "theirs-again")).To(Succeed())
		evidence, err := second.Evidence(ctx)
		must(err)
		Expect(evidence.Passed).To(BeEquivalentTo(1))

		must(namespace.RemovePolicy(ctx))
		policies, err := namespace.Clients.AdmissionregistrationV1().ValidatingAdmissionPolicies().List(ctx, metav1.ListOptions{})
		must(err)
		for _, left := range policies.Items {
			Expect(left.Name).NotTo(Equal(namespace.Name))
		}
		must(namespace.RemovePolicy(ctx))
	}, Label("conformance"), SpecTimeout(time.Minute))

	for _, media := range []string{runtime.ContentTypeJSON, runtime.ContentTypeProtobuf} {
		it("the model of the API server refuses writes as the real one ("+media+")", func(ctx SpecContext) {
			namespace := place(ctx)
			content := rest.ContentConfig{ContentType: media, AcceptContentTypes: media}
			actual := configOfPod("replica-a")
			actual.ContentConfig = content
			modelled := &told{}
			server := simcluster.NewAPIServer(modelled)
			model := &rest.Config{Host: "http://model.invalid", QPS: -1, ContentConfig: content, Transport: server}
			refusing := &rest.Config{Host: "http://model.invalid", QPS: -1, ContentConfig: content, Transport: server.RefusingLeases()}

			// What is there before.
			Expect(play(ctx, model, namespace.Name, prepared)).To(Equal(play(ctx, actual, namespace.Name, prepared)))
			refused, err := namespace.RefuseLeaseWrites(ctx, "replica-a", unread, enough)
			must(err)
			expected := play(ctx, actual, namespace.Name, refusedSteps)
			for _, line := range expected {
				GinkgoWriter.Println(line)
			}
			Expect(play(ctx, refusing, namespace.Name, refusedSteps)).To(Equal(expected),
				"expected the model (actual) to answer as the real API server does (expected): mend envtest/simcluster")
			must(refused.Heal(ctx))
			Expect(inWords(modelled.writes)).To(Equal(inWords(record(ctx, namespace))),
				"expected the model (actual) to record the writes that the real API server records (expected): mend envtest/simcluster")
			must(namespace.RemovePolicy(ctx))
		}, Label("conformance"), SpecTimeout(time.Minute))
	}
}

// prepared is what is there before anything is refused; refusedSteps are requests about Leases that are refused, and others.
func prepared(s *session) { s.create(aLease()) }

func refusedSteps(s *session) {
	first := s.get("lock")
	s.update(renewed(first))
	s.update(first)
	s.update(with(renewed(first), func(l *coordinationv1.Lease) { l.ResourceVersion = "987654321" }))
	s.update(with(first, func(l *coordinationv1.Lease) { l.Spec.LeaseDurationSeconds = new(int32(0)) }))
	s.patch("lock", `{"spec":{"holderIdentity":"you"}}`)
	s.patch("none", `{"spec":{"holderIdentity":"you"}}`)
	s.create(aLease())
	s.create(aLease(func(l *coordinationv1.Lease) { l.Name = "another" }))
	s.create(aLease(func(l *coordinationv1.Lease) { l.Name = "another"; l.Spec.LeaseDurationSeconds = new(int32(0)) }))
	s.update(aLease(func(l *coordinationv1.Lease) { l.Name = "another" }))
	s.makeItem("one", chosen)
	s.patchItem("one", `{"metadata":{"annotations":{"by":"me"}}}`)
	s.get("lock")
}

// unread is a record that nobody reads.
var unread = apiserver.Refusals{Count: func(context.Context) (int64, error) { return 0, nil }}

// configOfPod reaches the API server with every right, and is known there as a pod.
func configOfPod(pod string) *rest.Config {
	config := shared.API.config()
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "somebody", Groups: []string{"system:masters"}, Extra: map[string][]string{"authentication.kubernetes.io/pod-name": {pod}},
	}
	return config
}

func ofPod(pod string) kubernetes.Interface {
	GinkgoHelper()
	clients, err := kubernetes.NewForConfig(configOfPod(pod))
	must(err)
	return clients
}
