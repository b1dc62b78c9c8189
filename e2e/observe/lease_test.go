package observe

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	clientcoordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"

	"github.com/interregnum/interregnum/e2e/history"
)

// leases is an API server that answers as the test says.
type leases struct {
	clientcoordinationv1.LeaseInterface

	mu       sync.Mutex
	lists    []*coordinationv1.LeaseList
	watches  []any // a *watch.FakeWatcher, or an error
	from     []string
	selector string
}

func (l *leases) List(_ context.Context, options metav1.ListOptions) (*coordinationv1.LeaseList, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.selector = options.FieldSelector
	if len(l.lists) == 0 {
		return nil, errors.New("connection refused")
	}
	list := l.lists[0]
	l.lists = l.lists[1:]
	return list, nil
}

func (l *leases) Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.from = append(l.from, options.ResourceVersion)
	if len(l.watches) == 0 {
		silent := watch.NewFake()
		context.AfterFunc(ctx, silent.Stop)
		return silent, nil
	}
	next := l.watches[0]
	l.watches = l.watches[1:]
	if err, is := next.(error); is {
		return nil, err
	}
	return next.(watch.Interface), nil
}

func list(version int, items ...*coordinationv1.Lease) *coordinationv1.LeaseList {
	l := &coordinationv1.LeaseList{ListMeta: metav1.ListMeta{ResourceVersion: strconv.Itoa(version)}}
	for _, item := range items {
		l.Items = append(l.Items, *item)
	}
	return l
}

func lease(uid string, version int, holder string) *coordinationv1.Lease {
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: "lock", UID: types.UID(uid), ResourceVersion: strconv.Itoa(version)},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder, LeaseTransitions: new(int32(version))},
	}
}

// events is a watch that tells of these, and then breaks off.
func events(all ...watch.Event) watch.Interface {
	w := watch.NewFakeWithChanSize(len(all), false)
	for _, event := range all {
		w.Action(event.Type, event.Object)
	}
	w.Stop()
	return w
}

func modified(l *coordinationv1.Lease) watch.Event {
	return watch.Event{Type: watch.Modified, Object: l}
}

var expired = watch.Event{Type: watch.Error, Object: &metav1.Status{
	Status: metav1.StatusFailure, Code: http.StatusGone, Reason: metav1.StatusReasonExpired,
}}

// watched follows the Lease, in virtual time, until nothing more comes, and tells in short what was recorded: the version,
// with a ~ before it where some may have been missed, or a – where the Lease was gone.
func watched(t *testing.T, api *leases) (told []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := New()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		o.WatchLease(ctx, api, "lock")
		for _, fact := range o.Facts() {
			switch {
			case fact.Kind == history.LeaseGone:
				told = append(told, "–")
			case fact.Lease.Gap:
				told = append(told, "~"+fact.Lease.ResourceVersion)
			default:
				told = append(told, fact.Lease.ResourceVersion)
			}
		}
	})
	return told
}

func TestEveryVersionOfTheLeaseIsRecorded(t *testing.T) {
	api := &leases{
		lists:   []*coordinationv1.LeaseList{list(7)},
		watches: []any{events(watch.Event{Type: watch.Added, Object: lease("1", 8, "a")}, modified(lease("1", 9, "a")))},
	}
	g := NewWithT(t)
	g.Expect(watched(t, api)).To(Equal([]string{"8", "9"}))
	g.Expect(api.selector).To(Equal("metadata.name=lock"))
}

func TestAWatchThatBreaksOffGoesOnWhereItWas(t *testing.T) {
	api := &leases{
		lists: []*coordinationv1.LeaseList{list(7, lease("1", 5, "a"))},
		watches: []any{
			events(modified(lease("1", 8, "a"))),
			errors.New("connection refused"),
			events(watch.Event{Type: watch.Bookmark, Object: lease("1", 12, "")}),
			events(modified(lease("1", 13, "b"))),
		},
	}
	g := NewWithT(t)
	g.Expect(watched(t, api)).To(Equal([]string{"5", "8", "13"}), "without a gap")
	g.Expect(api.from[:5]).To(Equal([]string{"7", "8", "8", "12", "13"}))
}

func TestAVersionThatHasExpiredOpensAGap(t *testing.T) {
	for name, expiry := range map[string]any{
		"as an event":  events(expired),
		"as an answer": apierrors.NewResourceExpired("too old resource version"),
		"as gone":      &apierrors.StatusError{ErrStatus: metav1.Status{Code: http.StatusGone, Reason: metav1.StatusReasonGone}},
	} {
		t.Run(name, func(t *testing.T) {
			api := &leases{
				lists: []*coordinationv1.LeaseList{list(7, lease("1", 7, "a")), list(20, lease("1", 19, "b"))},
				watches: []any{
					events(modified(lease("1", 8, "a"))), expiry, events(modified(lease("1", 21, "b"))),
				},
			}
			NewWithT(t).Expect(watched(t, api)).To(Equal([]string{"7", "8", "~19", "21"}))
		})
	}
}

func TestAnErrorThatIsNoExpiryOpensNoGap(t *testing.T) {
	api := &leases{
		lists: []*coordinationv1.LeaseList{list(7, lease("1", 7, "a"))},
		watches: []any{
			events(watch.Event{Type: watch.Error, Object: &metav1.Status{Status: metav1.StatusFailure, Code: http.StatusInternalServerError, Reason: metav1.StatusReasonInternalError}}),
			events(modified(lease("1", 8, "a"))),
		},
	}
	NewWithT(t).Expect(watched(t, api)).To(Equal([]string{"7", "8"}))
}

func TestADeletionIsRecorded(t *testing.T) {
	api := &leases{
		lists: []*coordinationv1.LeaseList{list(7, lease("1", 7, "a"))},
		watches: []any{events(
			watch.Event{Type: watch.Deleted, Object: lease("1", 8, "a")},
			watch.Event{Type: watch.Added, Object: lease("2", 9, "b")},
		)},
	}
	NewWithT(t).Expect(watched(t, api)).To(Equal([]string{"7", "–", "9"}))
}

func TestADeletionWithinAGapIsRecorded(t *testing.T) {
	for name, c := range map[string]struct {
		after *coordinationv1.LeaseList
		told  []string
	}{
		"and nothing since": {list(20), []string{"7", "–"}},
		"and made anew":     {list(20, lease("2", 19, "b")), []string{"7", "–", "~19"}},
	} {
		t.Run(name, func(t *testing.T) {
			api := &leases{
				lists:   []*coordinationv1.LeaseList{list(7, lease("1", 7, "a")), c.after},
				watches: []any{events(expired)},
			}
			NewWithT(t).Expect(watched(t, api)).To(Equal(c.told))
		})
	}
}

func TestAnAPIServerThatIsAwayAtFirstIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &leases{}
		o := New()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			o.WatchLease(ctx, api, "lock")
		}()
		time.Sleep(10 * time.Second) //nolint:forbidigo // Virtual: many a try fails meanwhile.
		api.mu.Lock()
		api.lists = []*coordinationv1.LeaseList{list(7, lease("1", 7, "a"))}
		api.mu.Unlock()
		fact, err := o.Await(ctx, 0, func(history.Fact) bool { return true })
		g := NewWithT(t)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(fact.Lease.Gap).To(BeFalse(), "nothing was seen before")
		cancel()
		<-done
	})
}

func TestAllThatALeaseSaysIsRecorded(t *testing.T) {
	g := NewWithT(t)
	acquired, renewed := metav1.NowMicro(), metav1.NowMicro()
	o := New()
	o.Lease(&coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{UID: "1", ResourceVersion: "2"},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity: new("me"), LeaseDurationSeconds: new(int32(15)), LeaseTransitions: new(int32(3)),
			AcquireTime: &acquired, RenewTime: &renewed,
		},
	}, true)
	o.Lease(&coordinationv1.Lease{}, false)
	facts := o.Facts()
	g.Expect(*facts[0].Lease).To(Equal(history.Lease{
		UID: "1", ResourceVersion: "2", Holder: "me", DurationSeconds: 15, Transitions: 3,
		AcquireTime: acquired.UTC(), RenewTime: renewed.UTC(), Gap: true,
	}))
	g.Expect(*facts[1].Lease).To(Equal(history.Lease{}), "a Lease that says nothing is one that nobody holds")
}
