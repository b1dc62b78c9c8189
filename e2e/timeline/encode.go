package timeline

import (
	"encoding/json"
	"time"
)

// A run of hundreds of thousands of facts must open at once. Most of its facts are alike but for their times, so each is written as
// a time and the number of what it looks like.

// encoded is what the page reads.
type encoded struct {
	Scenario string           `json:"scenario"`
	Where    string           `json:"where"`
	By       string           `json:"by"`
	Outcome  string           `json:"outcome"`
	Headline string           `json:"headline"`
	Reasons  []string         `json:"reasons"`
	Answers  []encodedAnswer  `json:"answers"`
	Began    time.Time        `json:"began"`
	Length   int64            `json:"length"`
	Replicas []string         `json:"replicas"`
	Groups   [][2]string      `json:"groups"`
	Lanes    []encodedLane    `json:"lanes"`
	Looks    []encodedLook    `json:"looks"`
	At       []int64          `json:"at"`
	Look     []int            `json:"look"`
	Breaches []encodedBreach  `json:"breaches"`
	Brackets []encodedBracket `json:"brackets"`
	// Until are pairs: a fact, and until when the Lease runs by it.
	Until [][2]int64 `json:"until"`
}

type encodedAnswer struct {
	Question string `json:"question"`
	Text     string `json:"text"`
}

type encodedLane struct {
	Kind  Kind          `json:"kind"`
	Name  string        `json:"name"`
	Actor int           `json:"actor"`
	Rows  int           `json:"rows"`
	Spans []encodedSpan `json:"spans"`
}

type encodedSpan struct {
	From  int64  `json:"from"`
	To    int64  `json:"to"`
	State State  `json:"state"`
	Actor int    `json:"actor"`
	Row   int    `json:"row"`
	Label string `json:"label"`
	Words string `json:"words"`
}

// encodedLook is all of a fact but its time.
type encodedLook struct {
	Group Group  `json:"group"`
	Mark  Mark   `json:"mark"`
	Actor int    `json:"actor"`
	Lane  int    `json:"lane"`
	Row   int    `json:"row"`
	Label string `json:"label"`
	Words string `json:"words"`
}

type encodedBreach struct {
	Guarantee string `json:"guarantee"`
	Sentence  string `json:"sentence"`
	Promised  bool   `json:"promised"`
	Text      string `json:"text"`
	By        string `json:"by"`
	Facts     []int  `json:"facts"`
}

type encodedBracket struct {
	From  int64  `json:"from"`
	Bound int64  `json:"bound"`
	Took  int64  `json:"took"`
	Words string `json:"words"`
}

// encode is the run as JSON in which nothing can end a script element: encoding/json writes <, > and & as escapes.
func (t *Timeline) encode() ([]byte, error) {
	e := encoded{
		Scenario: t.Scenario, Where: t.Where, By: t.By, Outcome: string(t.Outcome), Headline: t.Headline,
		Reasons: append([]string{}, t.Reasons...), Answers: []encodedAnswer{}, Began: t.Began, Length: t.Length.Microseconds(),
		Replicas: append([]string{}, t.Replicas...), Looks: []encodedLook{}, At: make([]int64, 0, len(t.Facts)), Look: make([]int, 0, len(t.Facts)),
		Breaches: []encodedBreach{}, Brackets: []encodedBracket{}, Until: [][2]int64{},
	}
	for _, a := range t.Answers {
		e.Answers = append(e.Answers, encodedAnswer(a))
	}
	for _, g := range Groups {
		e.Groups = append(e.Groups, [2]string{string(g.Group), g.Name})
	}
	for _, l := range t.Lanes {
		lane := encodedLane{Kind: l.Kind, Name: l.Name, Actor: l.Actor, Rows: l.Rows, Spans: []encodedSpan{}}
		for _, s := range l.Spans {
			lane.Spans = append(lane.Spans, encodedSpan{s.From.Microseconds(), s.To.Microseconds(), s.State, s.Actor, s.Row, s.Label, s.Words})
		}
		e.Lanes = append(e.Lanes, lane)
	}
	e.encodeFacts(t.Facts)
	for _, b := range t.Breaches {
		breach := encodedBreach{Guarantee: b.Guarantee, Sentence: b.Sentence, Promised: b.Promised, Text: b.Text, Facts: append([]int{}, b.Facts...)}
		if b.By > 0 {
			breach.By = seconds(b.By)
		}
		e.Breaches = append(e.Breaches, breach)
	}
	for _, b := range t.Brackets {
		took := b.Took.Microseconds()
		if b.Took < 0 {
			took = -1
		}
		e.Brackets = append(e.Brackets, encodedBracket{b.From.Microseconds(), b.Bound.Microseconds(), took, b.Words})
	}
	return json.Marshal(e)
}

func (e *encoded) encodeFacts(facts []Fact) {
	looks := map[encodedLook]int{}
	var before int64
	for i, f := range facts {
		look := encodedLook{f.Group, f.Mark, f.Actor, f.Lane, f.Row, f.Label, f.Words}
		number, known := looks[look]
		if !known {
			number = len(e.Looks)
			looks[look] = number
			e.Looks = append(e.Looks, look)
		}
		at := f.At.Microseconds()
		e.At, e.Look = append(e.At, at-before), append(e.Look, number)
		before = at
		if f.Until != 0 {
			e.Until = append(e.Until, [2]int64{int64(i), f.Until.Microseconds()})
		}
	}
}
