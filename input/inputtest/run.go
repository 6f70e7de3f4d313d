package inputtest

import (
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/causeway-rtc/causeway/input"
)

// evdevToX is what X keycodes are more than evdev codes.
const evdevToX = 8

// Run holds a backend for X to the contract of [input.Injector]. What the
// backend refuses as unsupported is not held against it, as long as nothing
// arrives in its stead.
func Run(t *testing.T, b input.Backend) {
	s := Start(t)
	for _, test := range []struct {
		name string
		run  func(t *testing.T, r *rig)
	}{
		{"Keys arrive by their place", keysArrive},
		{"Buttons arrive", buttonsArrive},
		{"The wheel clicks once a notch", wheelClicks},
		{"Positions are exact", positionsAreExact},
		{"Nudges are relative", nudgesAreRelative},
		{"The order is kept", orderIsKept},
		{"Text arrives", textArrives},
		{"What is unsupported is refused", unsupportedIsRefused},
		{"Nothing stays down", nothingStaysDown},
		{"Close may be called twice", closeTwice},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newRig(t, b, s)) })
	}
	t.Run("The server may die and come back", func(t *testing.T) { serverDies(t, b) })
	t.Run("Probe tells", func(t *testing.T) { probeTells(t, b, s) })
}

// rig is an open injector and a window to see what it does.
type rig struct {
	input.Injector
	w *Window
}

func newRig(t *testing.T, b input.Backend, s *Server) *rig {
	t.Helper()
	inj, err := b.Open(t.Context(), input.Options{Display: s.Display})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{inj, NewWindow(t, s)}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	// From a known place, which a window that has just opened may hear of.
	r.do(t, input.Move{X: 300, Y: 300})
	r.do(t, input.Move{})
	for seen := (Seen{X: -1}); seen.Kind != "motion" || seen.X != 0 || seen.Y != 0; {
		seen = r.w.Next(t)
	}
	return r
}

// do injects e, and reports whether the backend supports it.
func (r *rig) do(t *testing.T, e input.Event) bool {
	t.Helper()
	err := r.Inject(e)
	if errors.Is(err, errors.ErrUnsupported) {
		return false
	}
	if err != nil {
		t.Fatalf("inject %#v: %v", e, err)
	}
	return true
}

func keysArrive(t *testing.T, r *rig) {
	supported := 0
	for _, name := range []string{
		"KeyA", "KeyZ", "Digit1", "Minus", "Quote", "Slash", "Backquote", "IntlBackslash", "Space",
		"Enter", "Tab", "Escape", "Backspace", "Delete", "ArrowLeft", "PageDown", "F1", "F12", "F13",
		"ShiftLeft", "ShiftRight", "ControlLeft", "ControlRight", "AltLeft", "AltRight", "MetaLeft", "ContextMenu",
		"Numpad1", "NumpadEnter", "NumpadAdd", "Pause", "ScrollLock", "PrintScreen", "AudioVolumeUp",
	} {
		code, ok := input.KeyCode(name)
		if !ok {
			t.Fatalf("no code for %s", name)
		}
		if !r.do(t, input.Key{Code: code, Down: true}) {
			t.Logf("%s is not supported", name)
			continue
		}
		supported++
		r.do(t, input.Key{Code: code})
		r.w.Want(t, fmt.Sprintf("press %d", code+evdevToX), fmt.Sprintf("release %d", code+evdevToX))
	}
	if supported == 0 {
		t.Error("no key is supported")
	}
}

func buttonsArrive(t *testing.T, r *rig) {
	for _, n := range []uint8{1, 2, 3, 8, 9} {
		if !r.do(t, input.Button{Button: n, Down: true}) {
			t.Logf("button %d is not supported", n)
			continue
		}
		r.do(t, input.Button{Button: n})
		r.w.Want(t, fmt.Sprintf("down %d", n), fmt.Sprintf("up %d", n))
	}
	r.do(t, input.Button{Button: 1, Down: true, At: true, X: input.FromPixel(17, 800), Y: input.FromPixel(29, 600)})
	r.do(t, input.Button{Button: 1})
	r.w.Want(t, "motion 17,29", "down 1", "up 1")
}

func wheelClicks(t *testing.T, r *rig) {
	for _, c := range []struct {
		e      input.Wheel
		button int // 0: not yet a click
	}{
		{input.Wheel{DY: 120}, 5},
		{input.Wheel{DY: -120}, 4},
		{input.Wheel{DX: 120}, 7},
		{input.Wheel{DX: -120}, 6},
		{input.Wheel{DY: 50}, 0},
		{input.Wheel{DY: 50}, 0},
		{input.Wheel{DY: 50}, 5}, // and 30 are left
		{input.Wheel{DY: -119}, 0},
		{input.Wheel{DY: -1}, 4},
	} {
		if !r.do(t, c.e) {
			t.Logf("%#v is not supported", c.e)
			continue
		}
		if c.button != 0 {
			r.w.Want(t, fmt.Sprintf("down %d", c.button), fmt.Sprintf("up %d", c.button))
		}
	}
}

func positionsAreExact(t *testing.T, r *rig) {
	for _, p := range [][2]int{{799, 599}, {0, 599}, {799, 0}, {400, 300}, {1, 1}, {398, 301}, {0, 0}} {
		r.do(t, input.Move{X: input.FromPixel(p[0], 800), Y: input.FromPixel(p[1], 600)})
		r.w.Want(t, fmt.Sprintf("motion %d,%d", p[0], p[1]))
	}
}

func nudgesAreRelative(t *testing.T, r *rig) {
	if !r.do(t, input.Nudge{DX: 100, DY: 50}) {
		t.Log("nudges are not supported")
		return
	}
	r.do(t, input.Nudge{DX: -30, DY: 1})
	r.do(t, input.Nudge{DX: 1 << 30, DY: 1 << 30}) // stops at the edge
	r.do(t, input.Nudge{DX: -1 << 30})
	r.w.Want(t, "motion 100,50", "motion 70,51", "motion 799,599", "motion 0,599")
}

func orderIsKept(t *testing.T, r *rig) {
	for i := range 100 {
		r.do(t, input.Key{Code: 30, Down: true})
		r.do(t, input.Button{Button: 1, Down: true})
		r.do(t, input.Move{X: input.FromPixel(i+1, 800)})
		r.do(t, input.Button{Button: 1})
		r.do(t, input.Key{Code: 30})
		r.w.Want(t, "press 38", "down 1", fmt.Sprintf("motion %d,0", i+1), "up 1", "release 38")
	}
}

func textArrives(t *testing.T, r *rig) {
	const text = "cafe 123-az"
	r.do(t, input.Text{Text: text})
	for _, want := range text {
		s := r.w.Next(t)
		if s.Kind != "press" || s.Keysym != uint32(want) {
			t.Fatalf("%s of keysym %#x arrived, want a press of %q", s.Kind, s.Keysym, want)
		}
		if s := r.w.Next(t); s.Kind != "release" {
			t.Fatalf("%s arrived, want a release", s.Kind)
		}
	}
}

func unsupportedIsRefused(t *testing.T, r *rig) {
	for _, e := range []input.Event{
		input.Key{Code: 0, Down: true},
		input.Key{Code: 248, Down: true},
		input.Key{Code: 0x1e1e, Down: true},
		input.Button{Button: 0, Down: true},
		input.Button{Button: 4, Down: true},
		input.Button{Button: 10, Down: true},
		input.Motion{Seq: 1, X: 5},
		input.Release{},
	} {
		if err := r.Inject(e); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%#v: error %v, want one that wraps ErrUnsupported", e, err)
		}
	}
	if err := r.Inject(input.Text{Text: "\x1b"}); err == nil {
		t.Error("an escape in a text passed")
	}
	r.do(t, input.Key{Code: 30, Down: true})
	r.do(t, input.Key{Code: 30})
	r.w.Want(t, "press 38", "release 38") // and nothing before
}

func nothingStaysDown(t *testing.T, r *rig) {
	var h input.Held
	for _, e := range []input.Event{
		input.Key{Code: 42, Down: true},
		input.Key{Code: 30, Down: true},
		input.Button{Button: 1, Down: true},
		input.Button{Button: 3, Down: true},
	} {
		if err := h.Inject(r, e); err != nil {
			t.Fatal(err)
		}
	}
	r.w.Want(t, "press 50", "press 38", "down 1", "down 3")
	if keys, buttons := r.w.Held(t); len(keys) != 2 || buttons == 0 {
		t.Errorf("keys %v and buttons %#x are down", keys, buttons)
	}
	if err := h.ReleaseAll(r); err != nil {
		t.Fatal(err)
	}
	r.w.Want(t, "up 3", "up 1", "release 38", "release 50")
	if keys, buttons := r.w.Held(t); len(keys) != 0 || buttons != 0 {
		t.Errorf("keys %v and buttons %#x are still down", keys, buttons)
	}
}

func closeTwice(t *testing.T, r *rig) {
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Error(err)
	}
	if err := r.Inject(input.Key{Code: 30, Down: true}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("inject after Close: %v", err)
	}
}

func serverDies(t *testing.T, b input.Backend) {
	s := Start(t)
	inj, err := b.Open(t.Context(), input.Options{Display: s.Display})
	if err != nil {
		t.Fatal(err)
	}
	if err := inj.Inject(input.Key{Code: 30, Down: true}); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	await(t, "an error of the injector", func() bool {
		err = inj.Inject(input.Move{X: 5})
		return err != nil
	})
	for _, e := range []input.Event{input.Key{Code: 30}, input.Button{Button: 1}, input.Nudge{DX: 1}, input.Text{Text: "a"}, input.Wheel{DY: 120}} {
		if err := inj.Inject(e); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%#v without a server: %v", e, err)
		}
	}
	if err := errors.Join(inj.Close(), inj.Close()); err != nil {
		t.Errorf("Close without a server: %v", err)
	}
	if err := b.Probe(t.Context(), input.Options{Display: s.Display}); err == nil {
		t.Error("Probe finds a server that is dead")
	}
	s.Restart(t)
	r := newRig(t, b, s)
	r.do(t, input.Key{Code: 30, Down: true})
	r.do(t, input.Key{Code: 30})
	r.w.Want(t, "press 38", "release 38")
}

func probeTells(t *testing.T, b input.Backend, s *Server) {
	if err := b.Probe(t.Context(), input.Options{Display: s.Display}); err != nil {
		t.Errorf("Probe: %v", err)
	}
	if err := b.Probe(t.Context(), input.Options{Display: ":65000"}); err == nil {
		t.Error("Probe of no display: no error")
	}
}
