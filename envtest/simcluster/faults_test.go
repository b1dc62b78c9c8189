package simcluster

import (
	"testing"

	. "github.com/onsi/gomega"
)

// A fault that was forgotten would be skipped, with a wrong reason.
func TestNoKindOfFaultIsForgotten(t *testing.T) {
	NewWithT(t).Expect(faults.Missing()).To(BeEmpty(), "say in faults.go what this cluster does about it, or why it never can")
}
