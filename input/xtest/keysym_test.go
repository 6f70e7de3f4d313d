package xtest

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"testing"
)

func TestKeysymsComeBackAsTheirCharacter(t *testing.T) {
	for _, r := range "aZ5 ~\n\téÿ€ЖΩ漢😀\U0010ffff" {
		if got := runeOf(keysymOf(r)); got != r {
			t.Errorf("%q came back as %q", r, got)
		}
	}
	for _, sym := range []uint32{0, 0x7f, 0x9f, 0xfe51 /* dead_acute */, 0xffb1 /* KP_1 */, 0xffe1, 0x01000041, 0x01110000} {
		if got := runeOf(sym); got >= 0 {
			t.Errorf("keysym %#x makes %q", sym, got)
		}
	}
}

// The system's header, where there is one, has all legacy keysyms.
func TestLegacyKeysymsAreTheHeaders(t *testing.T) {
	f, err := os.Open("/usr/include/X11/keysymdef.h")
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") == "" {
		t.Skip("no X headers here")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	line := regexp.MustCompile(`^#define XK_\w+\s+0x([0-9a-f]+)\s+/\* U\+([0-9A-F]+) `)
	checked := 0
	for in := bufio.NewScanner(f); in.Scan(); {
		m := line.FindStringSubmatch(in.Text())
		if m == nil {
			continue
		}
		sym, err1 := strconv.ParseUint(m[1], 16, 32)
		r, err2 := strconv.ParseUint(m[2], 16, 32)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if sym < 0x100 || sym > 0x20ff {
			continue
		}
		checked++
		if got := runeOf(uint32(sym)); got != rune(r) {
			t.Errorf("keysym %#x makes %q, the header says U+%04X", sym, got, r)
		}
	}
	if checked < 500 {
		t.Errorf("only %d keysyms in the header", checked)
	}
}
