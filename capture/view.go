package capture

import (
	"image"
	"slices"
	"sync"
)

// View joins a capture to those who choose what it shows, and to those who
// must know what it does show: whoever injects a viewer's clicks. It outlives
// the sources that it is given to by [Options], one after the other. Its
// methods may be called from any goroutine.
type View struct {
	mu       sync.Mutex
	area     Area
	shown    Shown
	choosing map[*func()]bool
	showing  map[*func(Shown)]bool
}

// Shown is what a capture shows at this moment.
type Shown struct {
	// Display is the size of the whole display in pixels, zero before the
	// first frame.
	Display image.Point
	// Picture is the part of the display that the picture has in it.
	Picture image.Rectangle
	// Masked is true when nothing is shown but Windows, the topmost first.
	Masked  bool
	Windows []Window
	// Monitors are those of the display, from its left to its right.
	Monitors []Monitor
	// Monitor is the name of the one that is shown, "" when it is not one.
	Monitor string
	// Missing says, to a person, why what was chosen is not shown. It is
	// empty when all is well.
	Missing string
}

// Has is true when a point of the display is in the picture, and not masked.
// Before the first frame every point is.
func (s Shown) Has(p image.Point) bool {
	if s.Display == (image.Point{}) {
		return true
	}
	in := func(w Window) bool { return p.In(w.Bounds) }
	return p.In(s.Picture) && (!s.Masked || slices.ContainsFunc(s.Windows, in))
}

func (s Shown) equal(o Shown) bool {
	return s.Display == o.Display && s.Picture == o.Picture && s.Masked == o.Masked && s.Monitor == o.Monitor &&
		s.Missing == o.Missing && slices.Equal(s.Windows, o.Windows) && slices.Equal(s.Monitors, o.Monitors)
}

// NewView makes a view of an area.
func NewView(a Area) *View {
	return &View{area: a, choosing: map[*func()]bool{}, showing: map[*func(Shown)]bool{}}
}

// Area is what was chosen last.
func (v *View) Area() Area {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.area
}

// Choose has another area shown from the next frame on.
func (v *View) Choose(a Area) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.area = a
	for f := range v.choosing {
		(*f)()
	}
}

// Shown is what is shown.
func (v *View) Shown() Shown {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.shown
}

// Chosen has f called after each Choose, until stop is called. It is for
// sources. f must not block, nor call the view.
func (v *View) Chosen(f func()) (stop func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.choosing[&f] = true
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		delete(v.choosing, &f)
	}
}

// Show says what the next frame shows. It is for sources.
func (v *View) Show(s Shown) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.shown.equal(s) {
		return
	}
	v.shown = s
	for f := range v.showing {
		(*f)(s)
	}
}

// Watch has f called with what is shown, now and after each change, until stop
// is called. f must not block, nor call the view.
func (v *View) Watch(f func(Shown)) (stop func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.showing[&f] = true
	f(v.shown)
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		delete(v.showing, &f)
	}
}
