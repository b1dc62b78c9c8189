package fault

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

type place struct{ stopped []string }

type law string

var some = NewTable(
	By[Stop, *place, law](func(_ context.Context, p *place, f Stop) (Injection, error) {
		p.stopped = append(p.stopped, f.Replica)
		return Happened{}, nil
	}),
	By[Kill, *place, law](func(context.Context, *place, Kill) (Injection, error) { return Happened{}, nil }).If(func(_ *place, l law) error {
		if l == "no killing" {
			return errors.New("it is forbidden")
		}
		return nil
	}),
	Never[Pause, *place, law]("there is no time to pause in"),
)

func TestATableIsLookedUp(t *testing.T) {
	g := NewWithT(t)
	p := &place{}
	_, err := some.Inject(t.Context(), p, Stop{Replica: "a"}, "")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(p.stopped).To(Equal([]string{"a"}))
	g.Expect(some.Can(p, Kill{}, "")).To(Succeed())
	g.Expect(some.Can(p, Kill{}, "no killing")).To(MatchError("it is forbidden"))
	_, err = some.Inject(t.Context(), p, Kill{}, "no killing")
	g.Expect(err).To(MatchError("it is forbidden"))
	g.Expect(some.Can(p, Pause{}, "")).To(MatchError("there is no time to pause in"))
	g.Expect(some.Never(Pause{})).To(MatchError("there is no time to pause in"))
	g.Expect(some.Never(Kill{})).To(Succeed())
	g.Expect(some.Can(p, Partition{}, "")).To(MatchError(ContainSubstring("says nothing of the fault fault.Partition")), "never a skip with another reason")
	g.Expect(some.Missing()).To(HaveLen(len(Kinds) - 3))
	g.Expect(some.Missing()).NotTo(ContainElement("fault.Stop"))
}

// Who adds a fault must not have to remember the list.
func TestEveryKindOfFaultIsListed(t *testing.T) {
	g := NewWithT(t)
	listed := map[string]bool{}
	for _, f := range Kinds {
		listed[strings.TrimPrefix(fmt.Sprintf("%T", f), "fault.")] = true
	}
	files, err := os.ReadDir(".")
	g.Expect(err).NotTo(HaveOccurred())
	found := 0
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, 0)
		g.Expect(err).NotTo(HaveOccurred())
		for _, declared := range parsed.Decls {
			method, is := declared.(*ast.FuncDecl)
			if !is || method.Recv == nil || method.Name.Name != "String" {
				continue
			}
			name, is := method.Recv.List[0].Type.(*ast.Ident)
			g.Expect(is).To(BeTrue())
			found++
			g.Expect(listed).To(HaveKey(name.Name), "add it to Kinds")
		}
	}
	g.Expect(found).To(Equal(len(Kinds)))
}
