package input

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

// examples reads the lines of PROTOCOL.md's last section: a name, bytes in
// hex, and a remark behind two spaces.
func examples(t testing.TB) map[string][][]byte {
	t.Helper()
	doc, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(doc), "## Examples")
	if !ok {
		t.Fatal("PROTOCOL.md has no examples")
	}
	found := map[string][][]byte{}
	for line := range strings.Lines(section) {
		code, ok := strings.CutPrefix(line, "    ")
		if !ok {
			continue
		}
		name, rest, _ := strings.Cut(strings.TrimSpace(code), " ")
		digits, _, _ := strings.Cut(strings.TrimSpace(rest), "  ")
		b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		found[name] = append(found[name], b)
	}
	return found
}

func TestProtocolExamplesBothWays(t *testing.T) {
	want := map[string][]Event{
		"key":  {Key{Code: 30, Down: true}, Key{Code: 30}},
		"text": {Text{Text: "€"}},
		"button": {
			Button{Button: 1, Down: true, At: true, Seq: 7, X: 0x8000, Y: 0xffff},
			Button{Button: 9},
		},
		"wheel":   {Wheel{DY: 120}},
		"release": {Release{}},
		"move":    {Move{Seq: 1, Y: 0xffff}},
		"motion":  {Motion{Seq: 2, X: 10, Y: -5}},
	}
	got := examples(t)
	if len(got) != len(want) {
		t.Errorf("examples of %d kinds, want %d", len(got), len(want))
	}
	for name, events := range want {
		if len(got[name]) != len(events) {
			t.Errorf("%s: %d examples, want %d", name, len(got[name]), len(events))
			continue
		}
		for i, e := range events {
			b := got[name][i]
			parsed, err := Parse(b)
			if err != nil || !reflect.DeepEqual(parsed, []Event{e}) {
				t.Errorf("Parse(%x) = %#v, %v; want %#v", b, parsed, err, e)
			}
			if a := Append(nil, e); !bytes.Equal(a, b) {
				t.Errorf("Append(%#v) = %x, want %x", e, a, b)
			}
		}
	}
}

func TestEveryKindHasAnExample(t *testing.T) {
	seen := map[byte]bool{}
	for _, list := range examples(t) {
		for _, b := range list {
			seen[b[0]] = true
		}
	}
	for kind, p := range kinds {
		if p != nil && !seen[byte(kind)] {
			t.Errorf("kind %#02x has no example in PROTOCOL.md", kind)
		}
	}
}

func TestParseRefusesWhole(t *testing.T) {
	text := func(s string) []byte { return Append(nil, Text{Text: s}) }
	key := "0101001e"
	cases := map[string][]byte{
		"nothing":              {},
		"unknown kind":         {0x7f},
		"host's message":       AppendCursorPosition(nil, true, 1, 2, 3),
		"good, then unknown":   unhex(key + "7f"),
		"good, then cut short": unhex(key + "0101"),
		"key flags":            unhex("0102001e"),
		"button 0":             unhex("0301000000000000" + "00"),
		"button 4":             unhex("0301040000000000" + "00"),
		"button 10":            unhex("03010a0000000000" + "00"),
		"button flags":         unhex("0304010000000000" + "00"),
		"empty text":           unhex("020000"),
		"text cut short":       unhex("020003e282"),
		"text not UTF-8":       unhex("020002e282"),
		"surrogate":            unhex("020003eda080"),
		"escape":               text("\x1b[2J"),
		"carriage return":      text("a\r\n"),
		"delete":               text("\x7f"),
		"C1 control":           text("\u009b"),
		"long text":            text(strings.Repeat("a", MaxText+1)),
		"long message":         bytes.Repeat([]byte{kindRelease}, MaxMessage+1),
	}
	for name, b := range cases {
		events, err := Parse(b)
		if !errors.Is(err, ErrMalformed) || len(events) != 0 {
			t.Errorf("%s: Parse = %d events, %v", name, len(events), err)
		}
	}
}

func TestParseTakesTheLargest(t *testing.T) {
	for _, b := range [][]byte{
		bytes.Repeat([]byte{kindRelease}, MaxMessage),
		Append(nil, Text{Text: strings.Repeat("é", MaxText/2)}),
		Append(nil, Text{Text: "\t\n😀"}),
	} {
		if _, err := Parse(b); err != nil {
			t.Error(err)
		}
	}
}

func TestTypedSecretsDoNotShow(t *testing.T) {
	for _, e := range []Event{Text{Text: "hunter2"}, Key{Code: 30, Down: true}} {
		for _, verb := range []string{"%v", "%+v", "%s"} {
			if s := fmt.Sprintf(verb, e); strings.Contains(s, "hunter2") || strings.Contains(s, "30") {
				t.Errorf("%s shows %q", verb, s)
			}
		}
	}
	if _, err := Parse(append(Append(nil, Text{Text: "hunter2"}), 0x7f)); strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error shows the text: %v", err)
	}
}

func TestCursorMessagesBothWays(t *testing.T) {
	png := []byte("\x89PNG")
	b := AppendCursorShape(nil, 3, 4, png)
	if want := unhex("2000" + "0003" + "0004" + "89504e47"); !bytes.Equal(b, want) {
		t.Errorf("shape = %x, want %x", b, want)
	}
	hotX, hotY, image, err := ParseCursorShape(b)
	if hotX != 3 || hotY != 4 || !bytes.Equal(image, png) || err != nil {
		t.Errorf("shape came back as %d, %d, %q, %v", hotX, hotY, image, err)
	}
	b = AppendCursorPosition(nil, true, 5, 6, 65535)
	if want := unhex("2101" + "0005" + "0006" + "ffff"); !bytes.Equal(b, want) {
		t.Errorf("position = %x, want %x", b, want)
	}
	visible, seq, x, y, err := ParseCursorPosition(b)
	if !visible || seq != 5 || x != 6 || y != 65535 || err != nil {
		t.Errorf("position came back as %v, %d, %d, %d, %v", visible, seq, x, y, err)
	}
	for i := range b {
		if _, _, _, _, err := ParseCursorPosition(b[:i]); !errors.Is(err, ErrMalformed) {
			t.Errorf("position of %d bytes: %v", i, err)
		}
	}
}

// FuzzParse holds that a stranger's bytes never panic, that a message is
// refused whole, and that what is accepted has one form alone.
func FuzzParse(f *testing.F) {
	for _, list := range examples(f) {
		for _, b := range list {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		events, err := Parse(b)
		if err != nil {
			if len(events) != 0 {
				t.Fatalf("error and %d events", len(events))
			}
			return
		}
		var again []byte
		for _, e := range events {
			again = Append(again, e)
		}
		if !bytes.Equal(again, b) {
			t.Fatalf("%x came back as %x", b, again)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for name, e := range map[string]Event{"key": Key{Code: 30, Down: true}, "move": Move{Seq: 1, X: 2, Y: 3}} {
		msg := Append(nil, e)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var events []Event
			for b.Loop() {
				events, _ = parse(events[:0], msg)
			}
		})
	}
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
