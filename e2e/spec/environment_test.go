package spec

import (
	"testing"

	. "github.com/onsi/gomega"
)

// A subject that nobody runs must not seem to have held.
func TestASubjectIsNotPassedOver(t *testing.T) {
	t.Setenv("SUBJECT", "")
	NewWithT(t).Expect(NoSubject()).To(Succeed())
	t.Setenv("SUBJECT", "mine.yaml")
	NewWithT(t).Expect(NoSubject()).To(MatchError(ContainSubstring("expected no SUBJECT here, got mine.yaml")))
}
