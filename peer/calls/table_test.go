package calls

import (
	"fmt"
	"log/slog"
	"testing"
)

var discard = slog.New(slog.DiscardHandler)

// newAsked is a connection that a peer asks for.
func newAsked(remote, id string) *Life { return NewLife(Key{remote, id}, false, discard) }

func TestConnectionsAreBounded(t *testing.T) {
	table := NewTable[string](3, 2)
	admit := func(l *Life) bool { return table.Admit(l, l.ID, func() {}) }
	first := newAsked("a", "1")
	if !admit(first) || !admit(newAsked("a", "2")) {
		t.Fatal("there is room")
	}
	if admit(newAsked("a", "3")) {
		t.Error("one peer has asked for three")
	}
	if !admit(NewLife(Key{"a", "ours"}, true, discard)) {
		t.Error("what we ask for counts as theirs")
	}
	if admit(newAsked("b", "1")) {
		t.Error("there are four")
	}
	// A refused one takes no other's place, and leaves its own once.
	if !table.Refuse(first) || !admit(newAsked("b", "1")) || admit(newAsked("c", "1")) {
		t.Error("its place is not another's")
	}
	table.Remove(first)
	if live, refusing, _ := table.Counts(); live != 3 || refusing != 0 {
		t.Errorf("%d live, %d are being refused", live, refusing)
	}
	table.Close()
	table.Remove(newAsked("b", "1"))
	if admit(newAsked("b", "2")) {
		t.Error("a closed table has admitted one")
	}
	table.Wait()
}

func TestRefusalsAreBounded(t *testing.T) {
	table := NewTable[int](MaxRefusing+1, MaxRefusing+1)
	for i := range MaxRefusing + 1 {
		l := newAsked("a", fmt.Sprint(i))
		if !table.Admit(l, i, func() {}) {
			t.Fatal("there is room")
		}
		if table.Refuse(l) != (i < MaxRefusing) {
			t.Errorf("the refusal %d", i)
		}
	}
	table.Wait()
}

// A connection with the key of one that has not ended takes its place, and
// keeps it when that one has.
func TestNewerConnectionsHaveTheKey(t *testing.T) {
	table := NewTable[string](4, 4)
	older, newer := newAsked("a", "1"), newAsked("a", "1")
	table.Admit(older, "older", func() {})
	table.Admit(newer, "newer", func() {})
	table.Remove(older)
	if c := table.Get(newer.Key); c != "newer" {
		t.Errorf("%q has it", c)
	}
	table.Remove(newer)
	if c := table.Get(newer.Key); c != "" {
		t.Errorf("%q has it", c)
	}
	table.Wait()
}

func TestWhatComesBeforeItsOfferWaits(t *testing.T) {
	table := NewTable[int](1, 1)
	l := newAsked("a", "1")
	table.Early(l.Key, Signal{Candidate: &Candidate{Candidate: "forgotten"}})
	for i := range MaxEarly - 1 {
		table.Early(Key{"b", fmt.Sprint(i)}, Signal{})
	}
	table.Early(l.Key, Signal{Candidate: &Candidate{Candidate: "kept"}})
	if _, _, early := table.Counts(); early != MaxEarly {
		t.Errorf("%d wait", early)
	}
	table.Admit(l, 1, func() {})
	table.Wait()
	if s := <-l.inbox; s.Candidate.Candidate != "kept" || len(l.inbox) != 0 {
		t.Errorf("%+v and %d more", s.Candidate, len(l.inbox))
	}
	if _, _, early := table.Counts(); early != MaxEarly-1 {
		t.Errorf("%d wait", early)
	}
	if table.ForgetEarly(); len(table.early) != 0 {
		t.Error("not all are forgotten")
	}
}
