package main

import (
	"os"
	"strings"
	"testing"
	"time"

	cdp "github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/input/inputtest"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// layouts are keyboards that have much in other places than one another.
var layouts = []string{"us", "de", "fr"}

// terminal is a program on the host that keeps the lines it gets.
type terminal struct {
	*desk
	*inputtest.Terminal
	lines int
}

func (d *desk) terminal() *terminal {
	d.t.Helper()
	return &terminal{desk: d, Terminal: inputtest.NewTerminal(d.t, on(d.far))}
}

// next is the next line that the program gets.
func (term *terminal) next() string {
	term.t.Helper()
	var lines []string
	term.eventually("the next line", func() bool {
		term.stir()
		lines = strings.SplitAfter(term.Typed(term.t), "\n")
		return len(lines) > term.lines+1
	})
	term.lines++
	return strings.TrimSuffix(lines[term.lines-1], "\n")
}

func TestTypingArrivesExactlyWhateverTheLayouts(t *testing.T) {
	d := startDesk(t, 1280, 720)
	term := d.terminal()
	const text = "Hello, Wörld! {[~]} €"
	for _, near := range layouts {
		for _, far := range layouts {
			d.setLayouts(near, far)
			d.hands.typed(text)
			d.hands.chord("Enter")
			if got := term.next(); got != text {
				t.Errorf("typed %q at %s, %q arrived at %s", text, near, got, far)
			}
		}
	}
}

// An accent that waits for its letter, and the letter that it makes.
func TestTypingComposesDeadKeysAtTheViewer(t *testing.T) {
	d := startDesk(t, 1280, 720)
	term := d.terminal()
	d.setLayouts("de", "us")
	const text = "café, crêpe ^"
	d.hands.typed(strings.TrimSuffix(text, "^"))
	d.hands.typed(string(deadCircumflex) + " ")
	d.hands.chord("Enter")
	if got := term.next(); got != text {
		t.Errorf("typed %q, %q arrived", text, got)
	}
}

func TestTypingAShortcutMeansTheLetterOnTheViewersKey(t *testing.T) {
	d := startDesk(t, 1280, 720)
	d.watch()
	d.setLayouts("de", "us")
	// The key that is Y in America has Z printed on it in Germany.
	d.hands.chord("ControlLeft", "KeyY")
	seen := d.wantKeys("+ControlLeft", "+KeyZ", "-KeyZ", "-ControlLeft")
	if z := seen[1]; z.Keysym != 'z' || z.Pressed != xproto.ModMaskControl {
		t.Errorf("Ctrl+Z arrived as keysym %#x with modifiers %#x", z.Keysym, z.Pressed)
	}
	d.hands.chord("ControlLeft", "KeyC")
	d.wantKeys("+ControlLeft", "+KeyC", "-KeyC", "-ControlLeft")
	d.hands.chord("ControlRight", "ShiftLeft", "KeyZ")
	d.wantKeys("+ControlRight", "+ShiftLeft", "+KeyY", "-KeyY", "-ShiftLeft", "-ControlRight")
	d.hands.chord("AltLeft", "KeyF")
	d.wantKeys("+AltLeft", "+KeyF", "-KeyF", "-AltLeft")
}

func TestTypingKeysWithoutTextArriveAsKeys(t *testing.T) {
	d := startDesk(t, 1280, 720)
	d.watch()
	d.setLayouts("de", "fr")
	// A kiosk keeps F11 to itself.
	for _, name := range []string{
		"ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown", "Enter", "Backspace", "Tab", "Escape",
		"Insert", "Delete", "Home", "End", "PageUp", "PageDown", "ContextMenu", "ShiftRight", "AltLeft",
		"F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10", "F12",
	} {
		d.hands.chord(name)
		d.wantKeys("+"+name, "-"+name)
	}
}

// A game reads the places of keys, whatever is printed on them.
func TestTypingInGameModeSendsPlaces(t *testing.T) {
	d := startDesk(t, 1280, 720)
	d.watch()
	d.page.Eval("causeway.stream.devices.mode = 'game'", nil)
	for _, far := range layouts {
		d.setLayouts("fr", far)
		// On a French keyboard they print q, w, a, z, m, a comma and an
		// accent that waits for a letter.
		for _, name := range []string{
			"KeyA", "KeyZ", "KeyQ", "KeyW", "Semicolon", "KeyM", "BracketLeft", "KeyE", "Digit2", "Backquote",
			"IntlBackslash", "Space", "ShiftLeft", "ControlLeft", "AltRight", "CapsLock", "CapsLock", "Numpad4",
		} {
			d.hands.hold(name)
			d.holds(name)
			d.hands.release(name)
			d.holds()
			d.wantKeys("+"+name, "-"+name)
		}
		d.hands.hold("KeyW", "KeyD", "ShiftLeft", "Space")
		d.wantKeys("+KeyW", "+KeyD", "+ShiftLeft", "+Space")
		d.holds("KeyW", "KeyD", "ShiftLeft", "Space")
		d.hands.release("KeyW", "KeyD", "ShiftLeft", "Space")
		d.holds()
		d.wantKeys("-Space", "-ShiftLeft", "-KeyD", "-KeyW")
	}
}

func TestTypingViewerThatIsKilledLetsGo(t *testing.T) {
	d := startDesk(t, 1280, 720)
	d.watch()
	d.hands.hold("ShiftLeft")
	d.hands.hold("ArrowUp")
	d.holds("ShiftLeft", "ArrowUp")
	chromium := chromedp.FromContext(d.page.Context()).Browser.Process().Pid
	for _, pid := range append([]int{chromium}, descendants(t, chromium)...) {
		if p, err := os.FindProcess(pid); err == nil {
			p.Kill()
		}
	}
	killed := time.Now()
	d.holds()
	if after := time.Since(killed); after > 10*time.Second {
		t.Errorf("what the viewer held went up %v after it was killed, want a few seconds", after)
	}
}

func TestTypingKeyStaysDownWhileOneOfTwoViewersHoldsIt(t *testing.T) {
	d := startHostOn(t)
	d.watch()
	stays := openPage(t, d.host.url, webtest.Options{Width: 320, Height: 180})
	leaves := openPage(t, d.host.url, webtest.Options{Width: 320, Height: 180})
	press := func(b *webtest.Browser, kind cdp.KeyType, name string) {
		b.Do(cdp.DispatchKeyEvent(kind).WithKey(name).WithCode(name))
	}
	press(stays, cdp.KeyRawDown, "ArrowUp")
	press(leaves, cdp.KeyRawDown, "ArrowUp")
	press(leaves, cdp.KeyRawDown, "ArrowDown")
	d.holds("ArrowUp", "ArrowDown")
	leaves.Close()
	d.holds("ArrowUp")
	press(stays, cdp.KeyUp, "ArrowUp")
	d.holds()
}

// A phone's keyboard writes into a text field, a word at a time, and changes
// its mind.
func TestTypingOnAPhoneArrives(t *testing.T) {
	d := startPhone(t)
	term := d.terminal()
	d.choose(`.toolbar button[aria-label$="the keyboard"]`, "causeway.stream.devices.keyboardShown")
	d.wait("document.activeElement.tagName === 'TEXTAREA'")
	d.page.Do(
		cdp.InsertText("Grüße "),
		cdp.ImeSetComposition("w", 1, 1),
		cdp.ImeSetComposition("wel", 3, 3),
		cdp.ImeSetComposition("Welt", 4, 4),
		cdp.InsertText("Welt€"),
	)
	d.page.Press(kb.Enter)
	if got, want := term.next(), "Grüße Welt€"; got != want {
		t.Errorf("%q arrived, want %q", got, want)
	}
}
