package binarypack

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
)

// oldString is a string as a version before 1.0 writes it.
func oldString(s string) []byte {
	n := len(s)
	if units := utf16.Encode([]rune(s)); len(units) <= shortUnits {
		n = 0
		for _, u := range units {
			n += len(string(rune(u))) // half a character is written as U+FFFD, of three bytes
		}
	}
	b, _ := appendLength(nil, n, tagString, tagString16)
	return append(b, s...)
}

func TestOldStringsAreReadWhereverTheyAre(t *testing.T) {
	for _, s := range []string{
		"", "text", "é☃", "😀", "é😀𝒳", strings.Repeat("😀", 300), strings.Repeat("😀", 301), strings.Repeat("é😀", 150), strings.Repeat("😀", 402),
		strings.Repeat("x", 599) + "😀", strings.Repeat("☃", 600), strings.Repeat("☃", 601),
	} {
		message := append([]byte{tagArray | 3}, oldString(s)...)
		message = append(append(message, 7), oldString(s)...)
		v, err := Decoder{ShortStrings: true}.Unmarshal(message)
		if want := []any{s, int64(7), s}; err != nil || !reflect.DeepEqual(v, want) {
			t.Errorf("%.40q was read as %.80v, %v", s, v, err)
		}
	}
}

// What is written for old versions has one or two bytes for most characters,
// and three for what JavaScript calls a character.
func TestOldReadersReadText(t *testing.T) {
	e := Encoder{ShortStrings: true}
	b, err := e.Marshal("é😀")
	if want := []byte{tagString | 8, 0xc3, 0xa9, 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80}; err != nil || !bytes.Equal(b, want) {
		t.Errorf("%x, %v; want %x", b, err, want)
	}
	long := map[string]any{"😀": strings.Repeat("é😀", 1000), "x": []any{"𝒳"}}
	if b, err = e.Marshal(long); err != nil {
		t.Fatal(err)
	}
	if v, err := (Decoder{ShortStrings: true}).Unmarshal(b); err != nil || !reflect.DeepEqual(v, long) {
		t.Errorf("%.80v, %v", v, err)
	}
	for half, want := range map[string]string{"\xed\xa0\xbd": "\ufffd", "\xed\xb8\x80\xed\xa0\xbd": "\ufffd\ufffd", "a\xed\xa0\xbdb": "a\ufffdb", "\xed\xa0": "\ufffd\ufffd"} {
		message := append([]byte{tagString | byte(len(half))}, half...)
		if v, err := (Decoder{ShortStrings: true}).Unmarshal(message); err != nil || v != want {
			t.Errorf("%x was read as %q, %v", half, v, err)
		}
	}
}

// FuzzShortStrings holds that a string that an old version writes is read as
// it was, alone and before another value, and that no bytes make it panic.
func FuzzShortStrings(f *testing.F) {
	for _, s := range []string{"", "text", "é😀𝒳", "\xed\xa0\xbd\xed", "\xf0\x9f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := Decoder{ShortStrings: true}
		_, _ = d.Unmarshal([]byte(s))
		if s != strings.ToValidUTF8(s, "") {
			return
		}
		v, err := d.Unmarshal(append(append([]byte{tagArray | 2}, oldString(s)...), tagNull))
		if want := []any{s, nil}; err != nil || !reflect.DeepEqual(v, want) {
			t.Fatalf("%q was read as %v, %v", s, v, err)
		}
		b, err := Encoder{ShortStrings: true}.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := d.Unmarshal(b); err != nil || v != s {
			t.Fatalf("%q was read as %v, %v", s, v, err)
		}
	})
}
