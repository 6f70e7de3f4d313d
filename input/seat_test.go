package input

import (
	"errors"
	"net"
	"reflect"
	"sync"
	"testing"
)

// tape is an Injector that records, and fails what it is told to.
type tape struct {
	mu     sync.Mutex
	events []Event
	fail   error
}

func (r *tape) Inject(e Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	r.events = append(r.events, e)
	return nil
}

func (r *tape) Close() error { return nil }

func (r *tape) wants(t *testing.T, want ...Event) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) != len(want) || len(want) > 0 && !reflect.DeepEqual(r.events, want) {
		t.Errorf("injected %#v\nwant %#v", r.events, want)
	}
	r.events = nil
}

func send(t *testing.T, s *Seat, events ...Event) {
	t.Helper()
	var msg []byte
	for _, e := range events {
		msg = Append(msg, e)
	}
	if err := s.Handle(msg); err != nil {
		t.Fatal(err)
	}
}

var (
	aDown, aUp         = Key{Code: 30, Down: true}, Key{Code: 30}
	shiftDown, shiftUp = Key{Code: 42, Down: true}, Key{Code: 42}
	leftDown, leftUp   = Button{Button: 1, Down: true}, Button{Button: 1}
)

func TestSeatInjectsWhatTheLevelAllows(t *testing.T) {
	r := &tape{}
	s := NewSeat(r, Mouse)
	send(t, s, aDown, Text{Text: "a"}, leftDown, Wheel{DY: 120}, Move{Seq: 1}, Release{})
	r.wants(t, leftDown, Wheel{DY: 120}, Move{Seq: 1}, leftUp)
	if got, want := s.Stats(), (Stats{Injected: 4, Refused: 2}); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
}

func TestSeatMakesUpForNoMotionThatWasRefused(t *testing.T) {
	r := &tape{}
	s := NewSeat(r, None)
	send(t, s, Motion{Seq: 1, X: 1000})
	if err := s.SetLevel(Mouse); err != nil {
		t.Fatal(err)
	}
	send(t, s, Motion{Seq: 2, X: 1001})
	r.wants(t, Nudge{DX: 1})
}

func TestSeatLetsGoOfWhatItMayNoLongerHold(t *testing.T) {
	r := &tape{}
	s := NewSeat(r, All)
	send(t, s, shiftDown, leftDown, aDown)
	r.wants(t, shiftDown, leftDown, aDown)
	if err := s.SetLevel(Mouse); err != nil {
		t.Fatal(err)
	}
	r.wants(t, aUp, shiftUp)
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	r.wants(t, leftUp)
	if err := s.Handle(Append(nil, aDown)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Handle after Close: %v", err)
	}
}

func TestSeatRefusesAMalformedMessageWhole(t *testing.T) {
	r := &tape{}
	s := NewSeat(r, All)
	if err := s.Handle(append(Append(nil, aDown), 0xff)); !errors.Is(err, ErrMalformed) {
		t.Errorf("Handle: %v", err)
	}
	r.wants(t)
	if got := s.Stats(); got != (Stats{Malformed: 1}) {
		t.Errorf("stats %+v", got)
	}
}

func TestHeldDropsWhatChangesNothing(t *testing.T) {
	r, h := &tape{}, Held{}
	for _, e := range []Event{aUp, aDown, aDown, aUp, aUp, leftUp, Button{Button: 1, Down: true, At: true, X: 5}, leftDown, leftUp} {
		if err := h.Inject(r, e); err != nil {
			t.Fatal(err)
		}
	}
	r.wants(t, aDown, aUp, Button{Button: 1, Down: true, At: true, X: 5}, leftUp)
	if h.Len() != 0 {
		t.Errorf("%d still down", h.Len())
	}
}

func TestHeldForgetsAPressThatFailed(t *testing.T) {
	r, h := &tape{fail: errors.ErrUnsupported}, Held{}
	if err := h.Inject(r, aDown); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Inject: %v", err)
	}
	if h.Len() != 0 {
		t.Error("remembers it")
	}
}

func TestHeldIsBounded(t *testing.T) {
	r, h := &tape{}, Held{}
	var err error
	for code := range uint16(maxHeld + 1) {
		err = h.Inject(r, Key{Code: code, Down: true})
	}
	if err == nil || h.Len() != maxHeld {
		t.Errorf("%d down, %v", h.Len(), err)
	}
}

func TestDeskKeepsDownWhatAnotherViewerHolds(t *testing.T) {
	r := &tape{}
	d := NewDesk(r)
	anna, ben := NewSeat(d, All), NewSeat(d, All)
	send(t, anna, shiftDown, leftDown)
	send(t, ben, shiftDown)
	r.wants(t, shiftDown, leftDown)
	if err := anna.Close(); err != nil {
		t.Fatal(err)
	}
	r.wants(t, leftUp)
	send(t, ben, shiftUp)
	r.wants(t, shiftUp)
}

func TestDeskExchangesItsInjector(t *testing.T) {
	old, fresh := &tape{}, &tape{}
	d := NewDesk(old)
	s := NewSeat(d, All)
	send(t, s, aDown)
	if got := d.Use(nil); got != Injector(old) {
		t.Errorf("Use returned %v", got)
	}
	if err := s.Handle(Append(nil, leftDown)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("without an injector: %v", err)
	}
	d.Use(fresh)
	send(t, s, aUp, leftDown) // the new display has no A down
	fresh.wants(t, leftDown)
}

func TestSeatsMayBeUsedAtOnce(t *testing.T) {
	r := &tape{}
	d := NewDesk(r)
	var wg sync.WaitGroup
	for range 4 {
		s := NewSeat(d, All)
		for range 2 {
			wg.Go(func() {
				for i := range 200 {
					_ = s.Handle(Append(Append(nil, aDown), Move{Seq: uint16(i)}))
					_ = s.Handle(Append(nil, aUp))
				}
				_ = s.SetLevel(Mouse)
				_ = s.Close()
			})
		}
	}
	wg.Wait()
	down := 0
	for _, e := range r.events {
		if k, ok := e.(Key); ok && k.Down {
			down++
		} else if ok {
			down--
		}
		if down < 0 || down > 1 {
			t.Fatalf("%d presses outstanding", down)
		}
	}
	if down != 0 {
		t.Error("a key is still down")
	}
}

func BenchmarkSeatHandle(b *testing.B) {
	s := NewSeat(nothing{}, All)
	seq := uint16(0)
	var msg []byte
	b.ReportAllocs()
	for b.Loop() {
		seq++
		msg = Append(msg[:0], Move{Seq: seq, X: seq})
		if err := s.Handle(msg); err != nil {
			b.Fatal(err)
		}
	}
}

type nothing struct{}

func (nothing) Inject(Event) error { return nil }
func (nothing) Close() error       { return nil }
