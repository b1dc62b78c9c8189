package e2e_test

import (
	"os"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/kind/pkg/cluster/nodes"

	"github.com/interregnum/interregnum/e2e/fault"
	"github.com/interregnum/interregnum/e2e/history"
	"github.com/interregnum/interregnum/e2e/kindcluster"
	"github.com/interregnum/interregnum/e2e/observe"
	"github.com/interregnum/interregnum/e2e/spec"
)

// faults declares what is to be known of the faults themselves: that they do no more than they say, and leave nothing.
func faults(it func(text string, args ...any)) {
	it("a partitioned pod reaches and is reached by everything but the API server, and nothing is left behind", Label("conformance"),
		func(ctx SpecContext) {
			folder := spec.RunsFolder() + "/kind-conformance"
			Expect(os.MkdirAll(folder, 0o755)).To(Succeed())
			observer := observe.New()
			run, err := kindcluster.New(ctx, configFor(folder, observer))
			must(err)
			DeferCleanup(func() { must(run.Close()) })
			must(run.Deploy(ctx, alone()))
			await := func(mark int, kind history.Kind) {
				GinkgoHelper()
				_, err := observer.Await(ctx, mark, func(f history.Fact) bool { return f.Kind == kind })
				Expect(err).NotTo(HaveOccurred(), "waiting for %s", kind)
			}
			await(0, history.Acted)

			clients, err := kubernetes.NewForConfig(cluster.RESTConfig())
			must(err)
			var address, at string
			Eventually(func(g Gomega, ctx SpecContext) {
				pods, err := clients.CoreV1().Pods(run.Namespace()).List(ctx, metav1.ListOptions{})
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(pods.Items).To(HaveLen(1))
				address, at = pods.Items[0].Status.PodIP, pods.Items[0].Spec.NodeName
				g.Expect(address).NotTo(BeEmpty())
			}).WithContext(ctx).WithTimeout(30 * time.Second).Should(Succeed())

			cut, err := run.Inject(ctx, fault.Partition{Replica: "a", Lost: fault.Everything})
			must(err)
			mark := observer.Mark()
			for _, worker := range cluster.Workers() {
				Expect(output(worker, "curl", "--silent", "--show-error", "--max-time", "5", "http://"+address+":8081/healthz")).
					To(Equal("ok"), "from %s", worker)
			}
			await(mark, history.Exited)
			evidence, err := cut.Evidence(ctx)
			must(err)
			Expect(evidence.Touched).To(BeNumerically(">", 0))
			Expect(tables()).To(HaveKeyWithValue(at, ContainElement(HavePrefix("interregnum_"))))

			must(cut.Heal(ctx))
			await(observer.Mark(), history.Acted)
			evidence, err = cut.Evidence(ctx)
			must(err)
			Expect(evidence.Passed).To(BeNumerically(">", 0))
			must(run.Close())
			for name, all := range tables() {
				Expect(all).NotTo(ContainElement(HavePrefix(strings.ReplaceAll(run.Namespace(), "-", "_"))), "on %s", name)
			}
			for _, worker := range cluster.Workers() {
				Expect(output(worker, "find", "/var/lib/interregnum", "-name", run.Namespace())).To(BeEmpty(), "on %s", worker)
			}
		}, SpecTimeout(3*time.Minute))
}

// tables are the names of the nftables tables on each worker.
func tables() map[string][]string {
	all := map[string][]string{}
	for _, worker := range cluster.Workers() {
		for line := range strings.Lines(output(worker, "nft", "list", "tables")) {
			fields := strings.Fields(line)
			all[worker.String()] = append(all[worker.String()], fields[len(fields)-1])
		}
	}
	return all
}

func output(node nodes.Node, command string, args ...string) string {
	GinkgoHelper()
	var out strings.Builder
	Expect(node.Command(command, args...).SetStdout(&out).Run()).To(Succeed())
	return out.String()
}
