package binarypack

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestIntegersOfAllTypes(t *testing.T) {
	for _, v := range []any{int(-7), int8(-7), int16(-7), int32(-7), int64(-7), float32(-7), float64(-7)} {
		if b, err := Marshal(v); err != nil || !bytes.Equal(b, []byte{0xf9}) {
			t.Errorf("%T -7 is %x, %v", v, b, err)
		}
	}
	for _, v := range []any{uint(200), uint8(200), uint16(200), uint32(200), uint64(200)} {
		if b, err := Marshal(v); err != nil || !bytes.Equal(b, []byte{0xcc, 200}) {
			t.Errorf("%T 200 is %x, %v", v, b, err)
		}
	}
}

func TestNumbersThatTheOriginalGetsWrong(t *testing.T) {
	for _, test := range []struct {
		v    any
		want string
	}{
		{3.9999999999999996, "cb400fffffffffffff"},
		{5e-324, "00"},
		{-1e-310, "00"},
		{math.Copysign(0, -1), "00"},
		{1e300, "cb7e37e43c8800759c"},
		{float64(1 << 63), "cf8000000000000000"},
		{float64(1 << 64), "cb43f0000000000000"},
		{uint64(math.MaxUint64), "cfffffffffffffffff"},
		{int64(math.MinInt64), "d38000000000000000"},
		{int64(math.MinInt64) + 1, "d38000000000000001"},
	} {
		if b, err := Marshal(test.v); err != nil || hex.EncodeToString(b) != test.want {
			t.Errorf("%v is %x, %v; want %s", test.v, b, err, test.want)
		}
	}
}

func TestWhatHasNoWireForm(t *testing.T) {
	loop := []any{nil, nil}
	loop[0], loop[1] = loop, loop
	for name, v := range map[string]any{
		"NaN": math.NaN(), "infinity": math.Inf(-1), "a struct": struct{}{}, "a channel": make(chan int),
		"an array within itself": loop, "deep in an array": []any{[]any{1i}}, "deep in a map": map[string]any{"a": func() {}},
	} {
		dst := []byte{1, 2, 3}
		out, err := Append(dst, v)
		if !errors.Is(err, errors.ErrUnsupported) || !bytes.Equal(out, dst) {
			t.Errorf("%s became %x, %v", name, out, err)
		}
	}
}

func TestTimesAreAsInJavaScript(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	b, err := Marshal(time.Date(2026, 2, 3, 4, 5, 6, 0, zone))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := Unmarshal(b); v != "Tue Feb 03 2026 04:05:06 GMT+0100 (CET)" || err != nil {
		t.Errorf("%v, %v", v, err)
	}
}

func TestInvalidTextIsReplaced(t *testing.T) {
	b, err := Marshal("a\xffb")
	if err != nil || string(b[1:]) != "a\ufffdb" {
		t.Errorf("%q, %v", b, err)
	}
	if v, err := Unmarshal([]byte{0xb3, 'a', 0xff, 'b'}); v != "a\ufffdb" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
}

func TestBytesAliasTheMessage(t *testing.T) {
	message := []byte{0x92, 0xa2, 1, 2, 0xa1, 3}
	v, err := Unmarshal(message)
	if err != nil {
		t.Fatal(err)
	}
	first := v.([]any)[0].([]byte)
	message[2] = 9
	if first[1] != 2 && first[0] != 9 {
		t.Errorf("%x is a copy", first)
	}
	// What follows is safe from appending.
	_ = append(first, 0xff)
	if message[4] != 0xa1 {
		t.Error("appending to one value has overwritten the next")
	}
}

func TestMalformedMessages(t *testing.T) {
	for _, s := range []string{
		"", "91", "81", "8101", "a1", "b1", "cc", "cd00", "ce000000", "cf00000000000000", "ca000000", "cb00", "d0", "d1", "d2", "d3",
		"d8", "d80001", "d9", "d9ffffffff", "da0001", "dbffffffff", "dcffff", "ddffffffff", "deffff", "dfffffffff",
		"c4", "c9", "0000", "81c000", "819000", "81a16100", "dd0000000201",
		strings.Repeat("91", MaxDepth+1) + "00",
	} {
		if v, err := Unmarshal(unhex(t, s)); !errors.Is(err, ErrSyntax) {
			t.Errorf("%.80s is %v, %v; want a syntax error", s, v, err)
		}
	}
	if _, err := Unmarshal(unhex(t, strings.Repeat("91", MaxDepth)+"00")); err != nil {
		t.Errorf("%d arrays within one another: %v", MaxDepth, err)
	}
}

func TestDecoderBoundsValues(t *testing.T) {
	message, err := Marshal(map[string]any{"a": []any{1, 2, 3}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (Decoder{MaxValues: 6}).Unmarshal(message); err != nil {
		t.Error(err)
	}
	if _, err := (Decoder{MaxValues: 5}).Unmarshal(message); !errors.Is(err, ErrSyntax) {
		t.Errorf("6 values of 5 allowed: %v", err)
	}
	if _, err := (Decoder{MaxDepth: 1}).Unmarshal(message); !errors.Is(err, ErrSyntax) {
		t.Errorf("2 levels of 1 allowed: %v", err)
	}
}

func TestShortStrings(t *testing.T) {
	message := unhex(t, "81b16db8f09f9880f09f") // one emoji, counted as two halves of three bytes
	if v, err := Unmarshal(message[:7]); err == nil {
		t.Errorf("a string that is cut off was read as %v", v)
	}
	v, err := Decoder{ShortStrings: true}.Unmarshal(message[:8])
	if want := (map[string]any{"m": "😀"}); err != nil || !reflect.DeepEqual(v, want) {
		t.Errorf("%v, %v; want %v", v, err, want)
	}
}

func TestDecodeReturnsTheRest(t *testing.T) {
	v, rest, err := Decode([]byte{0xb1, 'x', 7, 8})
	if v != "x" || !bytes.Equal(rest, []byte{7, 8}) || err != nil {
		t.Errorf("%v, %x, %v", v, rest, err)
	}
}

// allocated is how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A length that promises more than there is costs nothing, and one that the
// message could keep counts only once however deep it is repeated.
func TestLengthsAreNotBelieved(t *testing.T) {
	const size = 1 << 16
	deep := []byte{}
	for len(deep)+5 < size {
		deep = append(deep, 0xdd, 0, 0, byte((size-len(deep)-5)>>8), byte(size-len(deep)-5))
	}
	huge := append([]byte{0xdd, 0x00, 0xff, 0xff, 0xff}, make([]byte, size)...)
	maps := append([]byte{0xdf, 0x7f, 0xff, 0xff, 0xff}, make([]byte, size)...)
	for name, message := range map[string][]byte{"nested": deep, "long": huge, "maps": maps} {
		var err error
		used := allocated(func() { _, err = Unmarshal(message) })
		if !errors.Is(err, ErrSyntax) || used > 32*size {
			t.Errorf("%s: %d bytes allocated for %d, %v", name, used, len(message), err)
		}
	}
}

// FuzzUnmarshal holds that no bytes panic, that memory is in proportion to
// them, and that what was read can be written and is then read the same.
func FuzzUnmarshal(f *testing.F) {
	for _, v := range readVectors(f).Pack {
		f.Add(unhex(f, v.Hex))
	}
	for _, v := range readVectors(f).Unpack {
		f.Add(unhex(f, v.Hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v any
		var err error
		if used := allocated(func() { v, err = Unmarshal(b) }); used > uint64(1<<20+128*len(b)) {
			t.Fatalf("%d bytes allocated for %d", used, len(b))
		}
		if err != nil {
			if !errors.Is(err, ErrSyntax) {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		packed, err := Marshal(v)
		if err != nil {
			return // NaN or an infinity
		}
		second, err := Unmarshal(packed)
		if err != nil {
			t.Fatalf("%x became %x: %v", b, packed, err)
		}
		again, err := Marshal(second)
		if err != nil || !bytes.Equal(again, packed) {
			t.Fatalf("%x became %x, then %x, %v", b, packed, again, err)
		}
	})
}
