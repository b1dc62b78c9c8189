package simcluster_test

import (
	"fmt"
	"net/http"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apitypes "k8s.io/apimachinery/pkg/types"

	"github.com/interregnum/interregnum/controller/journal"
	"github.com/interregnum/interregnum/e2e/history"
)

// refused matches the answer to a request that the API server refuses.
func refused(code int32, reason metav1.StatusReason, message string) types.GomegaMatcher {
	status := func(err error) metav1.Status {
		if refusal, is := err.(apierrors.APIStatus); is {
			return refusal.Status()
		}
		return metav1.Status{}
	}
	return And(
		WithTransform(func(err error) int32 { return status(err).Code }, Equal(code)),
		WithTransform(func(err error) metav1.StatusReason { return status(err).Reason }, Equal(reason)),
		MatchError(ContainSubstring(message)),
	)
}

var (
	notFound      = refused(http.StatusNotFound, metav1.StatusReasonNotFound, `leases.coordination.k8s.io "mine" not found`)
	modified      = refused(http.StatusConflict, metav1.StatusReasonConflict, "the object has been modified")
	differentUID  = refused(http.StatusConflict, metav1.StatusReasonConflict, "Precondition failed: UID")
	mustHaveSpace = "the namespace of the provided object does not match the namespace sent on the request"
)

func TestWhatWasCreatedIsThere(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		made, err := a.leases.Create(t.Context(), lease("mine"), metav1.CreateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		a.Expect(made.UID).NotTo(BeEmpty())
		a.Expect(made.Namespace).To(Equal("here"))
		a.Expect(made.ResourceVersion).To(Equal("1"))
		a.Expect(made.CreationTimestamp.IsZero()).To(BeFalse())

		got, err := a.leases.Get(t.Context(), "mine", metav1.GetOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		a.Expect(got).To(Equal(made))
		a.Expect(got.Spec.RenewTime.Time).To(BeTemporally("==", got.Spec.AcquireTime.Time))
		a.Expect(*a.told).To(Equal([]string{"mine"}))
	})
}

func TestWhatIsThereCannotBeCreated(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		_, err := a.leases.Create(t.Context(), lease("mine"), metav1.CreateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		_, err = a.leases.Create(t.Context(), lease("mine"), metav1.CreateOptions{})
		a.Expect(err).To(refused(http.StatusConflict, metav1.StatusReasonAlreadyExists, `"mine" already exists`))
		a.Expect(*a.told).To(HaveLen(1))
	})
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		_, err := a.leases.Get(t.Context(), "mine", metav1.GetOptions{})
		a.Expect(err).To(notFound)
		_, err = a.leases.Patch(t.Context(), "mine", apitypes.MergePatchType, []byte(`{}`), metav1.PatchOptions{})
		a.Expect(err).To(notFound)
		a.Expect(a.leases.Delete(t.Context(), "mine", metav1.DeleteOptions{})).To(notFound)
	})
}

func TestAnUpdateNeedsTheLatestVersion(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		first, err := a.leases.Create(t.Context(), lease("mine"), metav1.CreateOptions{})
		a.Expect(err).NotTo(HaveOccurred())

		renewed := first.DeepCopy()
		renewed.Spec.LeaseTransitions = new(int32(1))
		second, err := a.leases.Update(t.Context(), renewed, metav1.UpdateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		a.Expect(second.ResourceVersion).To(Equal("2"))
		a.Expect(second.UID).To(Equal(first.UID))
		a.Expect(second.CreationTimestamp).To(Equal(first.CreationTimestamp))

		_, err = a.leases.Update(t.Context(), renewed, metav1.UpdateOptions{})
		a.Expect(err).To(modified)
		renewed.ResourceVersion = ""
		_, err = a.leases.Update(t.Context(), renewed, metav1.UpdateOptions{})
		a.Expect(err).To(refused(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "must be specified for an update"))
		second.UID = "another"
		_, err = a.leases.Update(t.Context(), second, metav1.UpdateOptions{})
		a.Expect(err).To(differentUID)
		a.Expect(*a.told).To(HaveLen(2))
	})
}

func TestAnUpdateThatChangesNothingMakesNoVersion(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		first, err := a.leases.Create(t.Context(), lease("mine"), metav1.CreateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		same, err := a.leases.Update(t.Context(), first, metav1.UpdateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		a.Expect(same).To(Equal(first))
		a.Expect(*a.told).To(HaveLen(1))
	})
}

func TestAnUpdateOfADeletedLease(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		first, err := a.leases.Create(t.Context(), lease("mine"), metav1.CreateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		a.Expect(a.leases.Delete(t.Context(), "mine", metav1.DeleteOptions{})).To(Succeed())

		_, err = a.leases.Update(t.Context(), first, metav1.UpdateOptions{})
		a.Expect(err).To(differentUID, "with a UID it is one that is gone")
		first.UID = ""
		anew, err := a.leases.Update(t.Context(), first, metav1.UpdateOptions{})
		a.Expect(err).NotTo(HaveOccurred(), "without one it creates another")
		a.Expect(anew.ResourceVersion).To(Equal("3"), "a deletion takes a version, too")
		a.Expect(*a.told).To(Equal([]string{"mine", "-mine", "mine"}))
	})
}

func TestConfigMapsAreUpdatedUnconditionallyAndNotCreatedByThat(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		_, err := a.items.Update(t.Context(), item("one", nil), metav1.UpdateOptions{})
		a.Expect(err).To(refused(http.StatusNotFound, metav1.StatusReasonNotFound, `configmaps "one" not found`))
		_, err = a.items.Create(t.Context(), item("one", nil), metav1.CreateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		updated, err := a.items.Update(t.Context(), item("one", map[string]string{"a": "b"}), metav1.UpdateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		a.Expect(updated.ResourceVersion).To(Equal("2"))
	})
}

func TestAMergePatch(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		_, err := a.items.Create(t.Context(), item("one", map[string]string{"keep": "yes", "drop": "yes"}), metav1.CreateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		patch := func(kind apitypes.PatchType, patch string) (map[string]string, error) {
			patched, err := a.items.Patch(t.Context(), "one", kind, []byte(patch), metav1.PatchOptions{})
			if err != nil {
				return nil, err
			}
			return patched.Labels, nil
		}
		a.Expect(patch(apitypes.MergePatchType, `{"metadata":{"labels":{"drop":null,"new":"yes"}}}`)).
			To(Equal(map[string]string{"keep": "yes", "new": "yes"}))
		_, err = patch(apitypes.MergePatchType, `{"metadata":{"resourceVersion":"1"}}`)
		a.Expect(err).To(refused(http.StatusConflict, metav1.StatusReasonConflict, "the object has been modified"))
		_, err = patch(apitypes.MergePatchType, `{`)
		a.Expect(err).To(refused(http.StatusBadRequest, metav1.StatusReasonBadRequest, ""))
		_, err = patch(apitypes.StrategicMergePatchType, `{}`)
		a.Expect(err).To(refused(http.StatusUnsupportedMediaType, metav1.StatusReasonUnsupportedMediaType, "merge-patch"))
		a.Expect(*a.told).To(HaveLen(2))
	})
}

func TestADeletionMayBeConditional(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		made, err := a.leases.Create(t.Context(), lease("mine"), metav1.CreateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		only := func(uid apitypes.UID, version string) metav1.DeleteOptions {
			return metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid, ResourceVersion: &version}}
		}
		a.Expect(a.leases.Delete(t.Context(), "mine", only("another", made.ResourceVersion))).
			To(refused(http.StatusConflict, metav1.StatusReasonConflict, "the UID in the precondition (another)"))
		a.Expect(a.leases.Delete(t.Context(), "mine", only(made.UID, "7"))).
			To(refused(http.StatusConflict, metav1.StatusReasonConflict, "the ResourceVersion in the precondition (7)"))
		a.Expect(a.leases.Delete(t.Context(), "mine", only(made.UID, made.ResourceVersion))).To(Succeed())
		a.Expect(*a.told).To(Equal([]string{"mine", "-mine"}))
	})
}

func TestALeaseIsValidated(t *testing.T) {
	for name, invalid := range map[string]struct {
		change  func(*coordinationv1.Lease)
		message string
	}{
		"no duration":          {func(l *coordinationv1.Lease) { l.Spec.LeaseDurationSeconds = new(int32(0)) }, "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"},
		"negative duration":    {func(l *coordinationv1.Lease) { l.Spec.LeaseDurationSeconds = new(int32(-1)) }, "must be greater than 0"},
		"negative transitions": {func(l *coordinationv1.Lease) { l.Spec.LeaseTransitions = new(int32(-1)) }, "must be greater than or equal to 0"},
		"name":                 {func(l *coordinationv1.Lease) { l.Name = "Not a name" }, "metadata.name"},
	} {
		t.Run(name, func(t *testing.T) {
			inEachMedia(t, func(t *testing.T, a api) {
				it := lease("mine")
				invalid.change(it)
				_, err := a.leases.Create(t.Context(), it, metav1.CreateOptions{})
				a.Expect(err).To(refused(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, invalid.message))
				a.Expect(*a.told).To(BeEmpty())
			})
		})
	}
}

func TestAnUpdateIsValidated(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		made, err := a.leases.Create(t.Context(), lease("mine"), metav1.CreateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		made.Spec.LeaseDurationSeconds = new(int32(0))
		_, err = a.leases.Update(t.Context(), made, metav1.UpdateOptions{})
		a.Expect(err).To(refused(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "must be greater than 0"))
	})
}

func TestCoordinatedElectionIsOff(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		it := lease("mine")
		it.Spec.Strategy, it.Spec.PreferredHolder = new(coordinationv1.OldestEmulationVersion), new("you")
		made, err := a.leases.Create(t.Context(), it, metav1.CreateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		a.Expect(made.Spec.Strategy).To(BeNil())
		a.Expect(made.Spec.PreferredHolder).To(BeNil())
	})
}

func TestTheRequestMustFitItsPath(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		elsewhere := lease("mine")
		elsewhere.Namespace = "elsewhere"
		_, err := a.leases.Create(t.Context(), elsewhere, metav1.CreateOptions{})
		a.Expect(err).To(refused(http.StatusBadRequest, metav1.StatusReasonBadRequest, mustHaveSpace))

		versioned := lease("mine")
		versioned.ResourceVersion = "7"
		_, err = a.leases.Create(t.Context(), versioned, metav1.CreateOptions{})
		a.Expect(err).To(MatchError(ContainSubstring("resourceVersion should not be set")))
	})
}

// What an API server tells of a write is told of every answer, and not of what only reads.
func TestEveryWriteIsToldWithItsAnswer(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		first, err := a.leases.Create(t.Context(), lease("mine"), metav1.CreateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		renewed := first.DeepCopy()
		renewed.Spec.HolderIdentity, renewed.Spec.LeaseTransitions = new("you"), new(int32(1))
		_, err = a.leases.Update(t.Context(), renewed, metav1.UpdateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		renewed.Spec.HolderIdentity = new("she")
		_, err = a.leases.Update(t.Context(), renewed, metav1.UpdateOptions{})
		a.Expect(err).To(modified)
		_, err = a.leases.Get(t.Context(), "mine", metav1.GetOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		_, err = a.leases.Patch(t.Context(), "none", apitypes.MergePatchType, []byte(`{}`), metav1.PatchOptions{})
		a.Expect(err).To(HaveOccurred())
		a.Expect(a.leases.Delete(t.Context(), "mine", metav1.DeleteOptions{})).To(Succeed())

		a.Expect(written(a)).To(Equal([]string{
			"create leases.coordination.k8s.io mine 201 1", "update leases.coordination.k8s.io mine 200 2",
			"update leases.coordination.k8s.io mine 409 ", "patch leases.coordination.k8s.io none 404 ",
			"delete leases.coordination.k8s.io mine 200 ",
		}))
		a.Expect((*a.wrote)[1].Lease).To(HaveField("Holder", "you"))
		a.Expect((*a.wrote)[1].Lease).To(HaveField("ResourceVersion", "2"), "as the answer has it")
		a.Expect((*a.wrote)[2].Lease).To(HaveField("Holder", "she"), "as it was asked for")
		a.Expect((*a.wrote)[2].Lease).To(HaveField("ResourceVersion", "1"))
		a.Expect((*a.wrote)[4].Lease).To(BeNil())
	})
}

func TestAWriteOfAWorkItemTellsItsStamp(t *testing.T) {
	inEachMedia(t, func(t *testing.T, a api) {
		_, err := a.items.Create(t.Context(), item("one", map[string]string{journal.WorkLabel: "true"}), metav1.CreateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		_, err = a.items.Create(t.Context(), item("other", nil), metav1.CreateOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		stamp := `{"metadata":{"annotations":{"` + journal.ProcessedByAnnotation + `":"me","` + journal.ProcessedInTermAnnotation + `":"7"}}}`
		_, err = a.items.Patch(t.Context(), "one", apitypes.MergePatchType, []byte(stamp), metav1.PatchOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		_, err = a.items.Patch(t.Context(), "one", apitypes.MergePatchType, []byte(`{"metadata":{"annotations":{"a":"b"}}}`), metav1.PatchOptions{})
		a.Expect(err).NotTo(HaveOccurred())
		_, err = a.items.Patch(t.Context(), "none", apitypes.MergePatchType, []byte(stamp), metav1.PatchOptions{})
		a.Expect(err).To(HaveOccurred())
		a.Expect(a.items.Delete(t.Context(), "one", metav1.DeleteOptions{})).To(Succeed())

		a.Expect(written(a)).To(Equal([]string{
			"create configmaps one 201 1", "create configmaps other 201 2", "patch configmaps one 200 3", "patch configmaps one 200 4", "patch configmaps none 404 ",
			"delete configmaps one 200 ",
		}))
		var stamps []string
		for _, f := range *a.wrote {
			stamps = append(stamps, f.Item+" "+f.Identity)
			if f.Identity != "" {
				a.Expect(*f.Term).To(Equal(int64(7)))
			}
		}
		a.Expect(stamps).To(Equal([]string{"one ", " ", "one me", "one ", " ", "one "}))
	})
}

// written is what was told of writes, in words.
func written(a api) (lines []string) {
	for _, f := range *a.wrote {
		a.Expect(f.Kind).To(Equal(history.Wrote))
		a.Expect(f.Write.Completed).To(HaveValue(BeTemporally(">=", f.Time)))
		lines = append(lines, fmt.Sprintf("%s %s %s %d %s", f.Write.Verb, f.Write.Resource, f.Write.Name, f.Write.Code, f.Write.Revision))
	}
	return lines
}
