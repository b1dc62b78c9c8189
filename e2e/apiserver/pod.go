package apiserver

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Stand makes a Pod object that stands for a replica which is no pod, and a token for it, by which the replicas'
// ServiceAccount is known: bound to the pod, as the token of a real one is, so that the API server's record of writes says
// whose each is. Nothing is to run the pod: it is for clusters that have no nodes.
func (n *Namespace) Stand(ctx context.Context, name string) (pod *corev1.Pod, token string, err error) {
	pod, err = n.Clients.CoreV1().Pods(n.Name).Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{
			ServiceAccountName: n.subject.Account,
			Containers:         []corev1.Container{{Name: "nothing", Image: "nothing.invalid/runs-here"}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, "", fmt.Errorf("making a Pod object for %s: %w", name, err)
	}
	made, err := n.Clients.CoreV1().ServiceAccounts(n.Name).CreateToken(ctx, n.subject.Account, &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{
			BoundObjectRef: &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, "", fmt.Errorf("getting a token for %s: %w", name, err)
	}
	return pod, made.Status.Token, nil
}
