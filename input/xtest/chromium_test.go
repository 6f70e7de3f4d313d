package xtest

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chromedp/cdproto/page"
	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/input/inputtest"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// editor is a page with a text area, in a Chromium that has the focus. It
// keeps what each key press was said to be, as pages do that take keys rather
// than text.
func editor(t *testing.T, s *inputtest.Server) *webtest.Browser {
	t.Helper()
	b := webtest.Start(t, webtest.Options{Display: s.Display, Kiosk: true, Width: 800, Height: 600})
	b.Open("data:text/html,<textarea autofocus style='position:fixed;inset:0'></textarea>")
	b.Do(page.BringToFront()) // there is no window manager that would
	b.Wait("document.hasFocus() && document.activeElement.tagName === 'TEXTAREA'", time.Minute)
	b.Eval("window.keys = [], document.activeElement.addEventListener('keydown', (event) => keys.push(event.key))", nil)
	return b
}

// arrived returns what the page got of a text that ends in a newline.
func arrived(b *webtest.Browser) (text string, keys []string) {
	b.Wait("document.activeElement.value.endsWith('\\n')", time.Minute)
	b.Eval("document.activeElement.value", &text)
	b.Eval("keys", &keys)
	b.Eval("document.activeElement.value = '', keys.length = 0", nil)
	return text, keys
}

// wantArrives types a text that ends in a newline into the page, and fails the
// test unless it arrives, both as text and key by key.
func wantArrives(t *testing.T, i *injector, b *webtest.Browser, text string) {
	t.Helper()
	typed(t, i, text)
	got, keys := arrived(b)
	if got != text {
		t.Errorf("typed %q\n  got %q", text, got)
	}
	// Enter is a key with a name, and characters of two UTF-16 units are said
	// to be the work of an input method.
	plain := func(r rune) rune {
		if r == '\n' || r > 0xffff {
			return -1
		}
		return r
	}
	keys = slices.DeleteFunc(keys, func(key string) bool { return utf8.RuneCountInString(key) > 1 })
	if got, want := strings.Map(plain, strings.Join(keys, "")), strings.Map(plain, text); got != want {
		t.Errorf("pressed %q\n    got %q", want, got)
	}
}

func TestTextArrivesInChromium(t *testing.T) {
	for _, layout := range []string{"us", "de"} {
		t.Run(layout, func(t *testing.T) {
			s := inputtest.Start(t)
			s.SetLayout(t, layout)
			i := openOn(t, s)
			b := editor(t, s)
			wantArrives(t, i, b, hello)
			wantArrives(t, i, b, "öé Жя 漢字 😀🎉öé ö\n")
			for _, r := range "öé😀öЖ" {
				wantArrives(t, i, b, string(r)+"\n")
			}
			// All keys are lent, and lent anew.
			for n := range 6 {
				var line []rune
				for k := range len(i.text.spares) / 2 {
					line = append(line, rune(0x4e00+100*n+7*k))
				}
				wantArrives(t, i, b, string(line)+"\n")
			}
		})
	}
}

// A character stays on the key that it was lent, and an application that was
// in the background then has not heard of it.
func TestTextArrivesWhereTheFocusComesLater(t *testing.T) {
	s := inputtest.Start(t)
	i := openOn(t, s)
	b := editor(t, s)
	wantArrives(t, i, b, "ö\n")
	focus, err := xproto.GetInputFocus(i.watch).Reply()
	if err != nil {
		t.Fatal(err)
	}
	w := inputtest.NewWindow(t, s)
	typed(t, i, "漢")
	if seen := w.Next(t); seen.Keysym != keysymOf('漢') {
		t.Fatalf("%+v arrived in another window", seen)
	}
	if err := xproto.SetInputFocusChecked(i.watch, focus.RevertTo, focus.Focus, xproto.TimeCurrentTime).Check(); err != nil {
		t.Fatal(err)
	}
	b.Wait("document.hasFocus()", time.Minute)
	wantArrives(t, i, b, "漢ö\n")
}
