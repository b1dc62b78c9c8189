package fault_test

import (
	"testing"

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
	count.Add(2)
	count.Add(1)
	select {
	case <-count.First():
	default:
		t.Fatal("it did not tell of the first")
	}
	if got := count.Load(); got != 3 {
		t.Errorf("expected 3, got %d", got)
	}
}
