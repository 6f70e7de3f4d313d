package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/capture/virtual"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/input/xtest"
)

// hands are at the keyboard and mouse of the viewer's display.
type hands struct {
	t    *testing.T
	d    *virtual.Display
	inj  input.Injector
	keys map[rune]stroke // of the layout
	size [2]int
}

// stroke is how a character is typed: a key, by its evdev code, with Shift and
// AltGr.
type stroke struct {
	code         uint16
	shift, altGr bool
}

func newHands(t *testing.T, d *virtual.Display) *hands {
	t.Helper()
	h := &hands{t: t, d: d}
	t.Cleanup(h.leave)
	h.learn()
	return h
}

func (h *hands) leave() {
	if h.inj != nil {
		h.inj.Close()
	}
}

// setLayout changes the keyboard. Where right Alt is not AltGr it composes, as
// it does for those in America who write more than English.
func (h *hands) setLayout(layout string) {
	h.t.Helper()
	args := []string{"-layout", layout, "-option", ""}
	if layout == "us" {
		args = append(args, "-option", "compose:ralt")
	}
	if out, err := capturetest.Command(h.t, h.d.Env(), "setxkbmap", args...).CombinedOutput(); err != nil {
		h.t.Fatalf("setxkbmap %s: %v\n%s", layout, err, out)
	}
	h.learn()
}

// learn looks at the keys' labels and the display's size, which just changed.
func (h *hands) learn() {
	h.t.Helper()
	// An injector that was there before may not have heard of it yet.
	h.leave()
	var err error
	if h.inj, err = xtest.Backend.Open(context.Background(), input.Options{Display: h.d.Name()}); err != nil {
		h.t.Fatal(err)
	}
	x, err := xgb.NewConnDisplay(h.d.Name())
	if err != nil {
		h.t.Fatal(err)
	}
	defer x.Close()
	if err := repeatNothing(x); err != nil {
		h.t.Fatal(err)
	}
	setup := xproto.Setup(x)
	screen := setup.DefaultScreen(x)
	g, err := xproto.GetGeometry(x, xproto.Drawable(screen.Root)).Reply()
	if err != nil {
		h.t.Fatal(err)
	}
	h.size = [2]int{int(g.Width), int(g.Height)}
	m, err := xproto.GetKeyboardMapping(x, setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)).Reply()
	if err != nil {
		h.t.Fatal(err)
	}
	h.keys = map[rune]stroke{}
	// The core protocol lists the plain and shifted keysyms of two layouts,
	// and then what AltGr makes of them on the first.
	for _, column := range []int{5, 4, 1, 0} {
		for n := column; n < len(m.Keysyms) && column < int(m.KeysymsPerKeycode); n += int(m.KeysymsPerKeycode) {
			code := uint16(n / int(m.KeysymsPerKeycode)) // X has eight more
			// No keyboard has the keys behind AltGr that make text.
			if r := labelled(m.Keysyms[n]); r != 0 && code <= place(h.t, "AltRight") {
				h.keys[r] = stroke{code, column%2 == 1, column >= 4}
			}
		}
	}
}

// repeatNothing makes a display not repeat keys, as it would on a busy machine
// those that were tapped.
func repeatNothing(x *xgb.Conn) error {
	return xproto.ChangeKeyboardControlChecked(x, xproto.KbAutoRepeatMode, []uint32{xproto.AutoRepeatModeOff}).Check()
}

// What dead keys and the compose key are called here.
const (
	deadAcute      = '´'
	deadCircumflex = 'ˆ'
	deadDiaeresis  = '¨'
	compose        = '⎄'
)

// composed says how people type what is not on their keys.
var composed = map[rune][]string{
	'ö': {string(deadDiaeresis) + "o", string(compose) + `"o`},
	'é': {string(deadAcute) + "e"},
	'ê': {string(deadCircumflex) + "e"},
	'€': {string(compose) + "=e"},
}

// labelled is the character of a keysym, if it is one that the tests type.
func labelled(sym xproto.Keysym) rune {
	switch {
	case sym == 0x20ac: // EuroSign
		return '€'
	case sym == 0xfe51:
		return deadAcute
	case sym == 0xfe52:
		return deadCircumflex
	case sym == 0xfe57:
		return deadDiaeresis
	case sym == 0xff20: // Multi_key
		return compose
	case sym >= ' ' && sym <= '~', sym > 0xa0 && sym <= 0xff && sym != 0xa8 && sym != 0xb4:
		return rune(sym)
	}
	return 0
}

// inject is one event of the viewer's own keyboard or mouse.
func (h *hands) inject(e input.Event) {
	h.t.Helper()
	if err := h.inj.Inject(e); err != nil {
		h.t.Fatal(err)
	}
}

// typed types a text with the layout's keys and modifiers, and as people do
// what is on none of them.
func (h *hands) typed(text string) {
	h.t.Helper()
	for _, r := range text {
		if s, ok := h.keys[r]; ok {
			h.strike(s)
			continue
		}
		n := slices.IndexFunc(composed[r], func(way string) bool {
			return !strings.ContainsFunc(way, func(r rune) bool { return h.keys[r] == stroke{} })
		})
		if n < 0 {
			h.t.Fatalf("this keyboard cannot type %q", r)
		}
		for _, r := range composed[r][n] {
			h.strike(h.keys[r])
		}
	}
}

func (h *hands) strike(s stroke) {
	h.t.Helper()
	var names []string
	if s.shift {
		names = append(names, "ShiftLeft")
	}
	if s.altGr {
		names = append(names, "AltRight")
	}
	h.hold(names...)
	h.inject(input.Key{Code: s.code, Down: true})
	h.inject(input.Key{Code: s.code})
	h.release(names...)
}

// chord presses keys by the names of their places, and lets go of them again.
func (h *hands) chord(names ...string) {
	h.t.Helper()
	h.hold(names...)
	h.release(names...)
}

func (h *hands) hold(names ...string) {
	h.t.Helper()
	for _, name := range names {
		h.inject(input.Key{Code: place(h.t, name), Down: true})
	}
}

func (h *hands) release(names ...string) {
	h.t.Helper()
	for n := len(names) - 1; n >= 0; n-- {
		h.inject(input.Key{Code: place(h.t, names[n])})
	}
}

// place is the evdev code of a key.
func place(t *testing.T, name string) uint16 {
	t.Helper()
	code, ok := input.KeyCode(name)
	if !ok {
		t.Fatalf("no key is called %q", name)
	}
	return code
}

// move puts the pointer on a pixel of the viewer's display.
func (h *hands) move(x, y int) {
	h.t.Helper()
	h.inject(input.Move{X: input.FromPixel(x, h.size[0]), Y: input.FromPixel(y, h.size[1])})
}

// button clicks.
func (h *hands) button(n uint8) {
	h.t.Helper()
	h.inject(input.Button{Button: n, Down: true})
	h.inject(input.Button{Button: n})
}
