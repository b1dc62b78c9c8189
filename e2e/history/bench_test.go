package history_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/interregnum/interregnum/e2e/history"
)

// long is a history of about so many facts, in the proportions in which real runs have them where both witnesses are at
// work: a leader acts twice a second, and processes an item and renews its Lease every two seconds.
func long(facts int) *history.History {
	h := sample()
	h.Facts = h.Facts[:3]
	life := history.Source{Replica: "a", Start: 1}
	const identity = "manager-6d5f8c9b7-x2x7q_1b9d2c4e-0d43-4f8e-9f37-2f1d7f4b8c55"
	for i := 0; len(h.Facts) < facts-1; i++ {
		second := 1 + 2*float64(i)
		item, revision := fmt.Sprintf("work-%d", i+1), fmt.Sprint(1000+3*i)
		lease := history.Lease{
			UID: "0d4f1c52-1b9d-4c4e-9f37-2f1d7f4b8c55", ResourceVersion: revision, Holder: identity, DurationSeconds: 15,
			AcquireTime: at(1), RenewTime: at(second), Transitions: 4,
		}
		write := func(verb, resource, name string, second float64) *history.Write {
			completed := at(second + 0.0021)
			return &history.Write{
				User: "system:serviceaccount:run-1:manager", Pod: "manager-6d5f8c9b7-x2x7q", PodUID: "b1a9d5c2-4c4e-4f8e-9f37-2f1d7f4b8c55",
				Verb: verb, Resource: resource, Name: name, Completed: &completed, Code: 200, Revision: revision,
			}
		}
		h.Facts = append(h.Facts,
			history.Fact{Time: at(second), Kind: history.Wrote, Source: life, Lease: &lease, Write: write("update", history.Leases, "lock", second)},
			history.Fact{Time: at(second + 0.003), Kind: history.LeaseSeen, Lease: &lease},
			history.Fact{Time: at(second + 0.1), Kind: history.Acted, Source: life, Identity: identity, Term: new(int64(4))},
			history.Fact{Time: at(second + 0.2), Kind: history.Made, Item: item},
			history.Fact{
				Time: at(second + 0.3), Kind: history.Wrote, Source: life, Item: item, Identity: identity, Term: new(int64(4)),
				Write: write("update", history.WorkItems, item, second+0.3),
			},
			history.Fact{Time: at(second + 0.31), Kind: history.Stamped, Identity: identity, Term: new(int64(4)), Item: item},
			history.Fact{Time: at(second + 0.32), Kind: history.Processed, Source: life, Identity: identity, Term: new(int64(4)), Item: item},
			history.Fact{Time: at(second + 0.6), Kind: history.Acted, Source: life, Identity: identity, Term: new(int64(4))},
			history.Fact{Time: at(second + 1.1), Kind: history.Acted, Source: life, Identity: identity, Term: new(int64(4))},
			history.Fact{Time: at(second + 1.6), Kind: history.Acted, Source: life, Identity: identity, Term: new(int64(4))},
		)
	}
	h.Facts = append(h.Facts, history.Fact{Time: h.Facts[len(h.Facts)-1].Time.Add(time.Second), Kind: history.Ended})
	h.Header.Witnesses = []history.Witness{history.Journals, history.Writes}
	h.Header.WorkPeriod = metav1.Duration{Duration: 2 * time.Second}
	return h
}

// BenchmarkRead says how long it takes to load a million facts.
func BenchmarkRead(b *testing.B) {
	const facts = 1_000_000
	path := filepath.Join(b.TempDir(), "history.jsonl")
	if err := long(facts).Save(path); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := history.Load(path); err != nil {
			b.Fatal(err)
		}
	}
}
