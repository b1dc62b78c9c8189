// Command twoelections takes part in two elections: the leader of the first stamps ConfigMaps, that of the second writes PodTemplates.
// With WRONG in its environment, every replica writes PodTemplates once the first Lease has changed hands.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

var (
	kubeconfig = flag.String("kubeconfig", "", "")
	namespace  = flag.String("namespace", "", "")
	identity   = flag.String("identity", "", "")
	lease      = flag.Duration("lease-duration", 0, "")
	renew      = flag.Duration("renew-deadline", 0, "")
	retry      = flag.Duration("retry-period", 0, "")
)

func main() {
	flag.Parse()
	*identity = fmt.Sprintf("%s-%d", *identity, os.Getpid()) // Each life is another candidate.
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		panic(err)
	}
	config.QPS, config.Timeout = -1, *renew/2
	clients := kubernetes.NewForConfigOrDie(config)
	told, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go elect(told, clients, "first", stampAll)
	go elect(told, clients, "second", writeTemplates)
	if os.Getenv("WRONG") != "" {
		go writeOnceTheFirstChangedHands(told, clients)
	}
	<-told.Done()
}

func elect(ctx context.Context, clients kubernetes.Interface, name string, work func(context.Context, kubernetes.Interface)) {
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta: metav1.ObjectMeta{Namespace: *namespace, Name: name}, Client: clients.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: *identity},
		},
		LeaseDuration: *lease, RenewDeadline: *renew, RetryPeriod: *retry, Name: name,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(ctx context.Context) { work(ctx, clients) },
			OnStoppedLeading: func() {
				if ctx.Err() == nil {
					fmt.Fprintln(os.Stderr, "lost the Lease", name)
					os.Exit(1)
				}
			},
		},
	})
}

func stampAll(ctx context.Context, clients kubernetes.Interface) {
	patch := []byte(`{"metadata":{"labels":{"done":"yes"}}}`)
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		items, err := clients.CoreV1().ConfigMaps(*namespace).List(ctx, metav1.ListOptions{LabelSelector: "work=yes,!done"})
		if err != nil {
			return
		}
		for _, item := range items.Items {
			_, _ = clients.CoreV1().ConfigMaps(*namespace).Patch(ctx, item.Name, types.MergePatchType, patch, metav1.PatchOptions{})
		}
	}, 100*time.Millisecond)
}

func writeTemplates(ctx context.Context, clients kubernetes.Interface) {
	template := &corev1.PodTemplate{ObjectMeta: metav1.ObjectMeta{Name: "second"}}
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		template.Annotations = map[string]string{"by": *identity, "at": time.Now().String()}
		if _, err := clients.CoreV1().PodTemplates(*namespace).Update(ctx, template, metav1.UpdateOptions{}); err != nil {
			_, _ = clients.CoreV1().PodTemplates(*namespace).Create(ctx, template, metav1.CreateOptions{})
		}
	}, 200*time.Millisecond)
}

func writeOnceTheFirstChangedHands(ctx context.Context, clients kubernetes.Interface) {
	_ = wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		first, err := clients.CoordinationV1().Leases(*namespace).Get(ctx, "first", metav1.GetOptions{})
		return err == nil && first.Spec.LeaseTransitions != nil && *first.Spec.LeaseTransitions > 0, nil
	})
	writeTemplates(ctx, clients)
}
