package inputtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Seen is an event as a [Window] saw it.
type Seen struct {
	Kind    string // "press", "release" of a key, "down", "up" of a button, "motion"
	Detail  int    // keycode, or number of the button
	Keysym  uint32 // of a key, on its first two levels
	X, Y    int    // in pixels of the screen
	Pressed uint16 // the modifiers and buttons before it, as X has them
}

// Window is an X client that covers the screen, has the focus and remembers
// what arrives.
type Window struct {
	x    *xgb.Conn
	seen chan Seen
	syms *xproto.GetKeyboardMappingReply
}

// firstKeycode is the first of all X servers.
const firstKeycode = 8

// NewWindow opens a window on the server, which ends with the test.
func NewWindow(t testing.TB, s *Server) *Window {
	t.Helper()
	x, err := xgb.NewConnDisplay(s.Display)
	if err != nil {
		t.Fatal(err)
	}
	w := &Window{x: x, seen: make(chan Seen, 10000)}
	if err := w.open(); err != nil {
		x.Close()
		t.Fatalf("window: %v", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.watch()
	}()
	t.Cleanup(func() {
		x.Close()
		<-done
	})
	return w
}

func (w *Window) open() error {
	screen := xproto.Setup(w.x).DefaultScreen(w.x)
	id, err := xproto.NewWindowId(w.x)
	if err != nil {
		return err
	}
	const mask = xproto.EventMaskKeyPress | xproto.EventMaskKeyRelease |
		xproto.EventMaskButtonPress | xproto.EventMaskButtonRelease | xproto.EventMaskPointerMotion
	err = xproto.CreateWindowChecked(w.x, 0, id, screen.Root, 0, 0, screen.WidthInPixels, screen.HeightInPixels,
		0, xproto.WindowClassInputOutput, 0, xproto.CwOverrideRedirect|xproto.CwEventMask, []uint32{1, mask}).Check()
	if err != nil {
		return err
	}
	if err := xproto.MapWindowChecked(w.x, id).Check(); err != nil {
		return err
	}
	err = xproto.SetInputFocusChecked(w.x, xproto.InputFocusPointerRoot, id, xproto.TimeCurrentTime).Check()
	if err != nil {
		return err
	}
	return w.learn()
}

func (w *Window) learn() (err error) {
	w.syms, err = xproto.GetKeyboardMapping(w.x, firstKeycode, 255-firstKeycode+1).Reply()
	return err
}

func (w *Window) keysym(code xproto.Keycode, state uint16) uint32 {
	level := 0
	if state&xproto.ModMaskShift != 0 {
		level = 1
	}
	at := int(code-firstKeycode)*int(w.syms.KeysymsPerKeycode) + level
	return uint32(w.syms.Keysyms[at])
}

func (w *Window) watch() {
	defer close(w.seen)
	for {
		ev, xerr := w.x.WaitForEvent()
		if ev == nil && xerr == nil {
			return
		}
		switch e := ev.(type) {
		case xproto.MappingNotifyEvent:
			if w.learn() != nil {
				return
			}
		case xproto.KeyPressEvent:
			w.seen <- Seen{"press", int(e.Detail), w.keysym(e.Detail, e.State), int(e.RootX), int(e.RootY), e.State}
		case xproto.KeyReleaseEvent:
			w.seen <- Seen{"release", int(e.Detail), w.keysym(e.Detail, e.State), int(e.RootX), int(e.RootY), e.State}
		case xproto.ButtonPressEvent:
			w.seen <- Seen{"down", int(e.Detail), 0, int(e.RootX), int(e.RootY), e.State}
		case xproto.ButtonReleaseEvent:
			w.seen <- Seen{"up", int(e.Detail), 0, int(e.RootX), int(e.RootY), e.State}
		case xproto.MotionNotifyEvent:
			w.seen <- Seen{"motion", 0, 0, int(e.RootX), int(e.RootY), e.State}
		}
	}
}

// Next is the next event that arrives.
func (w *Window) Next(t testing.TB) Seen {
	t.Helper()
	select {
	case s, ok := <-w.seen:
		if !ok {
			t.Fatal("the window's connection ended")
		}
		return s
	case <-time.After(patience):
		t.Fatal("nothing arrived")
		return Seen{}
	}
}

// Want fails the test unless the next events are of these kinds and details:
// "press 38", "down 1". Motion is "motion" and its place: "motion 10,20".
func (w *Window) Want(t testing.TB, want ...string) {
	t.Helper()
	for _, want := range want {
		s := w.Next(t)
		got := fmt.Sprintf("%s %d", s.Kind, s.Detail)
		if s.Kind == "motion" {
			got = fmt.Sprintf("motion %d,%d", s.X, s.Y)
		}
		if got != want {
			t.Fatalf("%s arrived, want %s", got, want)
		}
	}
}

// Held lists the keycodes that the server holds for down, and the mask of the
// buttons.
func (w *Window) Held(t testing.TB) (codes []int, buttons uint16) {
	t.Helper()
	keys, err := xproto.QueryKeymap(w.x).Reply()
	if err != nil {
		t.Fatal(err)
	}
	for code := range 256 {
		if keys.Keys[code/8]&(1<<(code%8)) != 0 {
			codes = append(codes, code)
		}
	}
	p, err := xproto.QueryPointer(w.x, xproto.Setup(w.x).DefaultScreen(w.x).Root).Reply()
	if err != nil {
		t.Fatal(err)
	}
	return codes, p.Mask & 0x1f00
}
