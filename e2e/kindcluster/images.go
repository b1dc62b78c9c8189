package kindcluster

import (
	"context"
	"errors"

	"github.com/interregnum/interregnum/e2e/kindcluster/provider"
	"github.com/interregnum/interregnum/e2e/subject"
)

// BorrowImages gives a subject that names no image those that are made of its binary, and of the version before, for as long as it
// takes until remove is called.
func BorrowImages(ctx context.Context, of *subject.Subject) (remove func(context.Context) error, err error) {
	var all []func(context.Context) error
	remove = func(ctx context.Context) error {
		var errs []error
		for _, one := range all {
			errs = append(errs, one(ctx))
		}
		return errors.Join(errs...)
	}
	borrow := func(binary string) (string, error) {
		image, one, err := provider.BorrowImage(ctx, binary)
		if err == nil {
			all = append(all, one)
		}
		return image, err
	}
	if of.Pods.Image == "" {
		if of.Pods.Image, err = borrow(of.Binary.Path); err != nil {
			return remove, err
		}
	}
	if of.Before != nil {
		of.Pods.BeforeImage, err = borrow(of.Before.Path)
	}
	return remove, err
}
