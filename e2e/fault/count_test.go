package fault_test

import (
	"testing"
	"time"

	"github.com/interregnum/interregnum/e2e/fault"
)

func TestACountTellsOfItsFirst(t *testing.T) {
	count := fault.NewCount()
	count.Add(0)
	select {
	case <-count.First():
		t.Fatal("it told of a first, and there was none")
	default:
	}
	if before := time.Now(); count.Began().Before(before) {
		t.Error("it began before there was a first")
	}
	before := time.Now()
	count.Add(2)
	after := time.Now()
	count.Add(1)
	if began := count.Began(); began.Before(before) || began.After(after) {
		t.Errorf("expected the first between %v and %v, got %v", before, after, began)
	}
	select {
	case <-count.First():
	default:
		t.Fatal("it did not tell of the first")
	}
	if got := count.Load(); got != 3 {
		t.Errorf("expected 3, got %d", got)
	}
}
