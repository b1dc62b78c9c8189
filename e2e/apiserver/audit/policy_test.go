package audit

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/yaml"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

// A field that is misspelt would be one that is not there, and the rule would match more than it should.
func TestThePolicyIsOne(t *testing.T) {
	g := NewWithT(t)
	var policy auditv1.Policy
	g.Expect(yaml.UnmarshalStrict(Policy, &policy)).To(Succeed())
	g.Expect(policy.OmitStages).To(HaveExactElements(auditv1.StageResponseStarted), "a receipt, an answer and a panic are told apart")
	verbs := sets.New("create", "update", "patch", "delete", "deletecollection")
	for _, rule := range policy.Rules {
		switch rule.Level {
		case auditv1.LevelRequestResponse:
			g.Expect(rule.Resources).To(HaveExactElements(
				auditv1.GroupResources{Group: "coordination.k8s.io", Resources: []string{"leases"}},
				auditv1.GroupResources{Group: "", Resources: []string{"configmaps"}},
			), "no other bodies are recorded: they may be secrets")
			g.Expect(sets.New(rule.Verbs...)).To(Equal(verbs))
		case auditv1.LevelMetadata:
			if rule.Resources == nil {
				g.Expect(sets.New(rule.Verbs...)).To(Equal(verbs), "every write is recorded")
				continue
			}
			g.Expect(rule.Verbs).To(HaveExactElements("get"))
			g.Expect(rule.Resources).To(HaveExactElements(auditv1.GroupResources{Group: "coordination.k8s.io", Resources: []string{"leases"}}))
		case auditv1.LevelNone:
			g.Expect(append(append(rule.Verbs, rule.Users...), rule.UserGroups...)).NotTo(BeEmpty())
		case auditv1.LevelRequest:
			t.Error("the answer is needed, too")
		}
	}
}
