package x11

import (
	"context"
	"encoding/binary"
	"image"
	"slices"
	"sync"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture"
)

// raising is how long a window manager may take to raise a window.
const raising = 200 * time.Millisecond

// Guard knows for those who inject what of a [capture.View] lies where on the
// display. It connects when it is first asked, and again when the display was
// away. Its methods may be called from any goroutine.
type Guard struct {
	view *capture.View
	name func() string

	mu sync.Mutex
	d  *display // nil while not connected
}

// NewGuard makes a guard of the display whose name is asked for at each
// connection.
func NewGuard(view *capture.View, name func() string) *Guard {
	return &Guard{view: view, name: name}
}

// ask calls f with a connection, and drops one that fails.
func (g *Guard) ask(f func(*display) error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.d == nil {
		d, err := connect(context.Background(), g.name())
		if err != nil {
			return err
		}
		g.d = d
	}
	stop := g.d.watch()
	defer stop()
	// Every connection is told of each new keyboard mapping.
	for event, xerr := g.d.x.PollForEvent(); event != nil || xerr != nil; {
		event, xerr = g.d.x.PollForEvent()
	}
	err := f(g.d)
	if err != nil {
		g.d.hangUp()
		g.d = nil
	}
	return err
}

// Pointer is where the pointer is on the display.
func (g *Guard) Pointer() (at image.Point, err error) {
	err = g.ask(func(d *display) error {
		p, err := xproto.QueryPointer(d.x, d.root).Reply()
		if err == nil {
			at = image.Pt(int(p.RootX), int(p.RootY))
		}
		return err
	})
	return at, err
}

// Reaches is true when a shown window is the topmost at a point. With press it
// is made that, and gets the keyboard.
func (g *Guard) Reaches(at image.Point, press bool) (reaches bool) {
	windows := g.view.Shown().Windows
	i := slices.IndexFunc(windows, func(w capture.Window) bool { return at.In(w.Bounds) })
	if i < 0 {
		return false
	}
	w := xproto.Window(windows[i].ID)
	_ = g.ask(func(d *display) (err error) {
		frame := d.frame(w)
		if reaches, err = d.topmost(at, frame); err != nil || !press {
			return err
		}
		for began := time.Now(); !reaches && err == nil && time.Since(began) < raising; {
			d.raise(w, frame)
			reaches, err = d.topmost(at, frame)
		}
		if reaches && err == nil {
			d.focus(w)
		}
		return err
	})
	return reaches
}

// Focused is true when a shown window has the keyboard.
func (g *Guard) Focused() (focused bool) {
	windows := g.view.Shown().Windows
	_ = g.ask(func(d *display) error {
		r, err := xproto.GetInputFocus(d.x).Reply()
		if err != nil {
			return err
		}
		for w := r.Focus; w > xproto.InputFocusPointerRoot && !focused; {
			focused = slices.ContainsFunc(windows, func(s capture.Window) bool { return s.ID == uint32(w) })
			tree, err := xproto.QueryTree(d.x, w).Reply()
			if err != nil { // it went away meanwhile
				break
			}
			w = tree.Parent
		}
		return nil
	})
	return focused
}

// Close hangs up.
func (g *Guard) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.d != nil {
		g.d.hangUp()
		g.d = nil
	}
	return nil
}

// topmost is true when no other window lies over frame at a point.
func (d *display) topmost(at image.Point, frame xproto.Window) (bool, error) {
	r, err := xproto.TranslateCoordinates(d.x, d.root, d.root, int16(at.X), int16(at.Y)).Reply()
	if err != nil {
		return false, err
	}
	return r.Child == frame, nil
}

// raise raises a window, by way of the window manager too if there is one
// (EWMH, _NET_ACTIVE_WINDOW; the source is a pager).
func (d *display) raise(w, frame xproto.Window) {
	message := make([]byte, 32)
	message[0], message[1] = xproto.ClientMessage, 32
	binary.LittleEndian.PutUint32(message[4:], uint32(w))
	binary.LittleEndian.PutUint32(message[8:], uint32(d.atom("_NET_ACTIVE_WINDOW")))
	binary.LittleEndian.PutUint32(message[12:], 2)
	xproto.SendEvent(d.x, false, d.root, xproto.EventMaskSubstructureRedirect|xproto.EventMaskSubstructureNotify, string(message))
	_ = xproto.ConfigureWindowChecked(d.x, frame, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove}).Check()
}

// focus gives a window the keyboard, but for one that wants none, as a menu.
func (d *display) focus(w xproto.Window) {
	a, err := xproto.GetWindowAttributes(d.x, w).Reply()
	if err == nil && !a.OverrideRedirect {
		_ = xproto.SetInputFocusChecked(d.x, xproto.InputFocusParent, w, xproto.TimeCurrentTime).Check()
	}
}
