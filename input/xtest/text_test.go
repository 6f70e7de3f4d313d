package xtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/input/inputtest"
)

const hello = "Hello, Wörld! {[~]} €\n"

func TestTextIsExactOnEveryLayout(t *testing.T) {
	for _, layout := range []string{"us", "de", "fr", "us,ru", "gr"} {
		t.Run(layout, func(t *testing.T) {
			s := inputtest.Start(t)
			s.SetLayout(t, layout)
			i := openOn(t, s)
			term := inputtest.NewTerminal(t, s)
			const text = hello + "\t<>|\\@#^`'\"/?ßéñÀÇ 12 Ωλ Жя 漢字 😀🎉 ½\n"
			typed(t, i, text)
			term.Want(t, text)
		})
	}
}

func TestTextIsExactInTheSecondGroup(t *testing.T) {
	s := inputtest.Start(t)
	s.SetLayout(t, "us,ru")
	i := openOn(t, s)
	i.x.NewRequest(i.request(xkbLatchLockState, append(deviceSpec(0), 0, 0, 1, 1, 0, 0, 0, 0, 0, 0)), i.x.NewCookie(false, false))
	state, err := i.modState()
	if err != nil || state.group != 1 {
		t.Fatalf("group %d, %v", state.group, err)
	}
	term := inputtest.NewTerminal(t, s)
	const text = "Съешь же ещё\nHello\n"
	typed(t, i, text)
	term.Want(t, text)
	if n := len(i.text.places['ш']); n == 0 {
		t.Error("ш was not found on the Russian layout")
	}
}

func TestTextFollowsAChangeOfTheLayout(t *testing.T) {
	s := inputtest.Start(t)
	i := openOn(t, s)
	term := inputtest.NewTerminal(t, s)
	typed(t, i, "zyö\n")
	term.Await(t, 1) // which looks keys up as they are when it gets to them
	s.SetLayout(t, "de")
	eventually(t, "news of the layout", i.remapped.Load)
	typed(t, i, "zyö\n")
	term.Want(t, "zyö\nzyö\n")
}

// What a viewer or the person at the host holds or locked does not change the
// text, and is as before afterwards.
func TestTextIsExactWhateverModifiersAreOn(t *testing.T) {
	// The right Alt key is AltGr in Germany, and in America makes a shortcut.
	for layout, holds := range map[string][]string{
		"us": {"ShiftLeft", "ShiftRight"},
		"de": {"ShiftLeft", "ShiftRight", "AltRight"},
	} {
		for _, hold := range holds {
			t.Run(layout+" "+hold, func(t *testing.T) {
				s := inputtest.Start(t)
				s.SetLayout(t, layout)
				i := openOn(t, s)
				term := inputtest.NewTerminal(t, s)
				code, _ := input.KeyCode(hold)
				caps, _ := input.KeyCode("CapsLock")
				for _, e := range []input.Event{input.Key{Code: caps, Down: true}, input.Key{Code: caps}, input.Key{Code: code, Down: true}} {
					if err := i.Inject(e); err != nil {
						t.Fatal(err)
					}
				}
				before, err := i.modState()
				if err != nil || before.locked&modLock == 0 || before.base == 0 {
					t.Fatalf("modifiers %+v, %v", before, err)
				}
				typed(t, i, hello+"éÉ@Z\n")
				term.Want(t, hello+"éÉ@Z\n")
				if after, err := i.modState(); after != before || err != nil {
					t.Errorf("modifiers were %+v and are %+v, %v", before, after, err)
				}
			})
		}
	}
}

// Far more strange characters than there are keys to lend, as fast as they
// are taken. An application that is later than the keys rest gets some wrong,
// as the package says: so that a busy machine is no failure, the terminal has
// three chances.
func TestStrangeTextIsExact(t *testing.T) {
	const lines, width = 10, 50
	var text strings.Builder
	for n := range lines * width {
		text.WriteRune(rune(0x4e00 + 7*n))
		if n%width == width-1 {
			text.WriteByte('\n')
		}
	}
	want := text.String()
	for range 3 {
		s := inputtest.Start(t)
		i := openOn(t, s)
		term := inputtest.NewTerminal(t, s)
		start := time.Now()
		for line := range strings.Lines(want) {
			typed(t, i, line)
		}
		t.Logf("%d keys to lend; %v", len(i.text.spares), time.Since(start))
		got := term.Await(t, lines)
		if got == want {
			return
		}
		t.Logf("typed %q", got)
	}
	t.Error("wrong every time")
}

func TestCloseRestoresTheKeyboard(t *testing.T) {
	s := inputtest.Start(t)
	watch := openOn(t, s)
	before := mapping(t, watch)
	i := openOn(t, s)
	typed(t, i, "漢字é")
	if _, err := i.modState(); err != nil { // so that the server has it, too
		t.Fatal(err)
	}
	if slices.Equal(mapping(t, watch), before) {
		t.Fatal("no key was lent")
	}
	if err := i.Close(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(mapping(t, watch), before) {
		t.Error("the keyboard mapping is not as it was")
	}
}

func TestKeysOfAnInjectorThatCrashedAreFoundAgain(t *testing.T) {
	s := inputtest.Start(t)
	first := openOn(t, s)
	typed(t, first, "漢")
	spares := len(first.text.spares)
	for n := range spares + 3 { // so that every key is lent
		typed(t, first, string(rune(0x4e00+n)))
	}
	first.disconnect() // a crash: nothing is restored
	first.closed = true
	second := openOn(t, s)
	typed(t, second, "字")
	if got := len(second.text.spares); got != spares {
		t.Errorf("%d keys to lend, were %d", got, spares)
	}
}

func TestTextAvoidsAKeyThatIsHeld(t *testing.T) {
	s := inputtest.Start(t)
	i := openOn(t, s)
	w := inputtest.NewWindow(t, s)
	if err := i.Inject(input.Key{Code: 30, Down: true}); err != nil {
		t.Fatal(err)
	}
	w.Want(t, "press 38")
	typed(t, i, "a")
	if s := w.Next(t); s.Detail == 38 || s.Keysym != 'a' {
		t.Errorf("got %+v", s)
	}
	w.Next(t)
	if keys, _ := w.Held(t); !slices.Equal(keys, []int{38}) {
		t.Errorf("keys %v are down, want 38", keys)
	}
}

func TestControlMakesAShortcutOfText(t *testing.T) {
	s := inputtest.Start(t)
	i := openOn(t, s)
	w := inputtest.NewWindow(t, s)
	if err := i.Inject(input.Key{Code: 29, Down: true}); err != nil {
		t.Fatal(err)
	}
	w.Want(t, "press 37")
	typed(t, i, "c")
	if s := w.Next(t); s.Keysym != 'c' || s.Pressed&xproto.ModMaskControl == 0 {
		t.Errorf("got %+v", s)
	}
}

func openOn(t testing.TB, s *inputtest.Server) *injector {
	t.Helper()
	inj, err := open(context.Background(), input.Options{Display: s.Display})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := inj.Close(); err != nil {
			t.Error(err)
		}
	})
	return inj.(*injector)
}

func typed(t testing.TB, i *injector, text string) {
	t.Helper()
	if err := i.Inject(input.Text{Text: text}); err != nil {
		t.Fatalf("type %q: %v", text, err)
	}
}

// mapping is the keyboard mapping, to compare.
func mapping(t testing.TB, i *injector) []string {
	t.Helper()
	m, err := i.keyMap()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for code, k := range m.keys {
		if !slices.ContainsFunc(k.syms, func(s uint32) bool { return s != 0 }) {
			continue // no symbols, and symbols that are none, are the same
		}
		lines = append(lines, fmt.Sprint(code, k))
	}
	return lines
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
