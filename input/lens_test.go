package input_test

import (
	"image"
	"slices"
	"testing"

	"github.com/causeway-rtc/causeway/input"
)

// recorder keeps what was injected.
type recorder struct{ events []input.Event }

func (r *recorder) Inject(e input.Event) error {
	r.events = append(r.events, e)
	return nil
}
func (r *recorder) Close() error { return nil }

// desktop is a Guard over a display with one window in sight.
type desktop struct {
	pointer image.Point
	window  image.Rectangle
	focused bool
}

func (d *desktop) Pointer() (image.Point, error) { return d.pointer, nil }
func (d *desktop) Focused() bool                 { return d.focused }
func (d *desktop) Reaches(at image.Point, press bool) bool {
	in := at.In(d.window)
	d.focused = d.focused || in && press
	return in
}

func TestLensMapsEveryPixelOfAPart(t *testing.T) {
	part := image.Rect(1921, 7, 3840, 1087)
	r := &recorder{}
	l := input.NewLens(r, func() input.Sight { return input.Sight{Display: image.Pt(3840, 1200), Picture: part} }, &desktop{})
	for p := range part.Dx() {
		y := p % part.Dy()
		r.events = r.events[:0]
		e := input.Move{Seq: 9, X: input.FromPixel(p, part.Dx()), Y: input.FromPixel(y, part.Dy())}
		if err := l.Inject(e); err != nil || len(r.events) != 1 {
			t.Fatalf("%v: %v, %v", e, r.events, err)
		}
		got := r.events[0].(input.Move)
		if x, y2 := input.ToPixel(got.X, 3840), input.ToPixel(got.Y, 1200); x != part.Min.X+p || y2 != part.Min.Y+y {
			t.Fatalf("pixel %d,%d of the part became %d,%d of the display", p, y, x, y2)
		}
	}
}

func TestLensKeepsThePointerInThePart(t *testing.T) {
	r, d := &recorder{}, &desktop{pointer: image.Pt(95, 50)}
	l := input.NewLens(r, func() input.Sight {
		return input.Sight{Display: image.Pt(200, 100), Picture: image.Rect(0, 0, 100, 100)}
	}, d)
	for _, e := range []input.Event{
		input.Nudge{DX: 50, DY: -100}, input.Button{Button: 1, Down: true}, input.Button{Button: 1},
	} {
		if err := l.Inject(e); err != nil {
			t.Fatal(err)
		}
	}
	d.pointer = image.Pt(150, 50) // somebody at the host moved it
	for _, e := range []input.Event{
		input.Button{Button: 3, Down: true}, input.Wheel{DY: 120}, input.Button{Button: 3}, input.Nudge{DX: 1},
	} {
		if err := l.Inject(e); err != nil {
			t.Fatal(err)
		}
	}
	want := []input.Event{
		input.Nudge{DX: 4, DY: -50},
		input.Button{Button: 1, Down: true},
		input.Button{Button: 1},
		input.Button{Button: 3},
		input.Nudge{DX: -51},
	}
	if !slices.Equal(r.events, want) {
		t.Errorf("injected %v, want %v", r.events, want)
	}
}

func TestLensSparesWindowsThatAreNotInSight(t *testing.T) {
	r, d := &recorder{}, &desktop{window: image.Rect(10, 10, 20, 20)}
	display := image.Pt(100, 100)
	l := input.NewLens(r, func() input.Sight {
		return input.Sight{Display: display, Picture: image.Rectangle{Max: display}, Masked: true}
	}, d)
	at := func(p int, down bool) input.Button {
		return input.Button{Button: 1, Down: down, At: true, X: input.FromPixel(p, 100), Y: input.FromPixel(p, 100)}
	}
	key, text := input.Key{Code: 30, Down: true}, input.Text{Text: "secret"}
	for _, e := range []input.Event{
		key, text, at(50, true), at(50, false), input.Move{X: input.FromPixel(50, 100)}, // none of them meets the window
		at(15, true), key, text, input.Move{X: input.FromPixel(50, 100)}, at(50, false), // a drag may leave it
	} {
		if err := l.Inject(e); err != nil {
			t.Fatal(err)
		}
	}
	want := []input.Event{
		at(50, false), at(15, true), key, text, input.Move{X: input.FromPixel(50, 100)}, at(50, false),
	}
	if !slices.Equal(r.events, want) {
		t.Errorf("injected %v, want %v", r.events, want)
	}
}
