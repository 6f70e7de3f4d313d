package input

import (
	"image"
	"sync"
)

// Sight is what the viewers of a [Lens] see of a display.
type Sight struct {
	// Display is the size of the whole display in pixels. While it is zero,
	// all of it is in sight.
	Display image.Point
	// Picture is the part in sight.
	Picture image.Rectangle
	// Masked is true when only some windows of it are in sight.
	Masked bool
}

// Guard knows what lies on a display at this moment. It is asked from one
// goroutine at a time.
type Guard interface {
	// Pointer is where the pointer is.
	Pointer() (image.Point, error)
	// Reaches is true when a click at a point would meet what is in sight.
	// With press, what is in sight there is raised and gets the keyboard.
	Reaches(at image.Point, press bool) bool
	// Focused is true when keys would meet what is in sight.
	Focused() bool
}

// Lens is an [Injector] for viewers who see a part of a display. Positions in
// their picture become those of the display, and what would go past the part
// is dropped: the pointer stays in it, a press or a turn of the wheel needs
// the pointer on it, and with windows in sight keys need the focus on one.
// What lets go of a key or button always passes.
type Lens struct {
	inj   Injector
	sight func() Sight
	guard Guard

	mu      sync.Mutex
	pressed int // buttons that are down: a drag may leave a window
}

// NewLens returns a Lens before inj, which stays the caller's to close. sight
// is asked at each event.
func NewLens(inj Injector, sight func() Sight, guard Guard) *Lens {
	return &Lens{inj: inj, sight: sight, guard: guard}
}

// Inject injects e, mapped to the display, or drops it.
func (l *Lens) Inject(e Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.sight()
	if s.Display == (image.Point{}) || !s.Masked && s.Picture == (image.Rectangle{Max: s.Display}) {
		return l.inj.Inject(e)
	}
	switch e := e.(type) {
	case Move:
		at := s.point(e.X, e.Y)
		if s.Masked && l.pressed == 0 && !l.guard.Reaches(at, false) {
			return nil
		}
		e.X, e.Y = s.fractions(at)
		return l.inj.Inject(e)
	case Button:
		return l.button(s, e)
	case Nudge:
		return l.nudge(s, e)
	case Wheel:
		if at, err := l.guard.Pointer(); err != nil || !l.meets(s, at, false) {
			return err
		}
	case Key:
		if s.Masked && e.Down && !l.guard.Focused() {
			return nil
		}
	case Text:
		if s.Masked && !l.guard.Focused() {
			return nil
		}
	}
	return l.inj.Inject(e)
}

func (l *Lens) button(s Sight, e Button) error {
	var at image.Point
	if e.At {
		at = s.point(e.X, e.Y)
		e.X, e.Y = s.fractions(at)
	} else if e.Down {
		var err error
		if at, err = l.guard.Pointer(); err != nil {
			return err
		}
	}
	if e.Down && !l.meets(s, at, true) {
		return nil
	}
	if e.Down {
		l.pressed++
	} else {
		l.pressed = max(0, l.pressed-1)
	}
	return l.inj.Inject(e)
}

// nudge shortens the way so that it ends in the picture.
func (l *Lens) nudge(s Sight, e Nudge) error {
	from, err := l.guard.Pointer()
	if err != nil {
		return err
	}
	to := within(from.Add(image.Pt(int(e.DX), int(e.DY))), s.Picture)
	if s.Masked && l.pressed == 0 && !l.guard.Reaches(to, false) {
		return nil
	}
	way := to.Sub(from)
	return l.inj.Inject(Nudge{DX: int32(way.X), DY: int32(way.Y)})
}

// meets is true when a press at a point of the display meets what is in sight.
func (l *Lens) meets(s Sight, at image.Point, press bool) bool {
	return at.In(s.Picture) && (!s.Masked || l.guard.Reaches(at, press))
}

// point is the pixel of the display that fractions of the picture mean.
func (s Sight) point(x, y uint16) image.Point {
	at := image.Pt(ToPixel(x, s.Picture.Dx()), ToPixel(y, s.Picture.Dy()))
	return within(at.Add(s.Picture.Min), image.Rectangle{Max: s.Display})
}

// fractions are those of the display that mean a pixel of it.
func (s Sight) fractions(at image.Point) (x, y uint16) {
	return FromPixel(at.X, s.Display.X), FromPixel(at.Y, s.Display.Y)
}

// within is the point of r that is nearest to p.
func within(p image.Point, r image.Rectangle) image.Point {
	return image.Pt(min(max(p.X, r.Min.X), r.Max.X-1), min(max(p.Y, r.Min.Y), r.Max.Y-1))
}

// Close takes nothing away: the Injector is its owner's.
func (l *Lens) Close() error { return nil }
