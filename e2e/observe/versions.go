package observe

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
)

// versions follows every version of some objects, for as long as it takes: where the API server goes away it begins again
// at the version that it saw last. Only if the API server no longer has that one, versions are missed.
type versions struct {
	list  func(context.Context, metav1.ListOptions) (runtime.Object, error)
	watch func(context.Context, metav1.ListOptions) (watch.Interface, error)
	// which chooses the objects.
	which metav1.ListOptions
	// seen is told each version; after a gap, others may have come before it.
	seen func(object runtime.Object, gap bool)
	// gone is told when an object is no longer there.
	gone func()

	// version is where the next watch begins; empty: list first.
	version string
	listed  bool
	// there are the objects that were seen and are not gone.
	there map[types.UID]bool
}

// pause is far below any RetryPeriod, so that few renewals pass unwatched even where a gap opens.
const pause = 50 * time.Millisecond

// follow returns when the context ends.
func (v *versions) follow(ctx context.Context) {
	for ctx.Err() == nil {
		v.once(ctx)
		// The API server is away, or ended the watch. Nothing tells when it is back but trying.
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (v *versions) once(ctx context.Context) {
	options := v.which
	if v.version == "" {
		list, err := v.list(ctx, options)
		if err != nil {
			return
		}
		items, err := meta.ExtractList(list)
		if err != nil {
			return
		}
		v.relist(items)
		if listed, err := meta.ListAccessor(list); err == nil {
			v.version = listed.GetResourceVersion()
		}
	}
	options.ResourceVersion, options.AllowWatchBookmarks = v.version, true
	watcher, err := v.watch(ctx, options)
	if err != nil {
		v.forget(err)
		return
	}
	defer watcher.Stop()
	// A watch over a connection ends with the context by itself; others need to be told.
	defer context.AfterFunc(ctx, watcher.Stop)()
	for event := range watcher.ResultChan() {
		object, err := meta.Accessor(event.Object)
		if err != nil || event.Type == watch.Error {
			v.forget(apierrors.FromObject(event.Object))
			return
		}
		v.version = object.GetResourceVersion()
		switch event.Type {
		case watch.Added, watch.Modified:
			v.note(object.GetUID())
			v.seen(event.Object, false)
		case watch.Deleted:
			delete(v.there, object.GetUID())
			v.gone()
		case watch.Bookmark, watch.Error:
		}
	}
}

// relist tells of what is there now, and of what is gone since versions were missed.
func (v *versions) relist(items []runtime.Object) {
	before := v.there
	v.there = map[types.UID]bool{}
	for _, item := range items {
		if object, err := meta.Accessor(item); err == nil {
			v.note(object.GetUID())
			delete(before, object.GetUID())
		}
	}
	for range before {
		v.gone()
	}
	for _, item := range items {
		v.seen(item, v.listed)
	}
	v.listed = true
}

func (v *versions) note(uid types.UID) {
	if v.there == nil {
		v.there = map[types.UID]bool{}
	}
	v.there[uid] = true
}

// forget makes the next watch begin with a list, if the version is too old for the API server.
func (v *versions) forget(err error) {
	if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
		v.version = ""
	}
}
