package msgpack

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The wire forms are those of the npm package @msgpack/msgpack.
func TestWireForms(t *testing.T) {
	for _, test := range []struct {
		v    any
		want string
	}{
		{nil, "c0"},
		{true, "c3"},
		{int64(127), "7f"},
		{int64(128), "cc80"},
		{int64(70000), "ce00011170"},
		{int64(1) << 40, "cf0000010000000000"},
		{int64(-32), "e0"},
		{int64(-33), "d0df"},
		{int64(math.MinInt64), "d38000000000000000"},
		{uint64(math.MaxUint64), "cfffffffffffffffff"},
		{0.5, "cb3fe0000000000000"},
		{"😀", "a4f09f9880"},
		{strings.Repeat("x", 32), "d920" + strings.Repeat("78", 32)},
		{[]byte{1, 2}, "c4020102"},
		{[]any{}, "90"},
		{map[string]any{"b": nil, "a": []any{int64(1)}}, "82a16191" + "01a162c0"},
		{time.Unix(1, 0).UTC(), "d6ff00000001"},
		{time.Unix(1, 5e8).UTC(), "d7ff7735940000000001"},
		{time.Unix(-1, 0).UTC(), "c70cff00000000ffffffffffffffff"},
		{Extension{5, []byte{1, 2, 3}}, "c70305010203"},
	} {
		b, err := Marshal(test.v)
		if err != nil || hex.EncodeToString(b) != test.want {
			t.Errorf("%v is %x (%v), want %s", test.v, b, err, test.want)
			continue
		}
		if back, err := Unmarshal(b); err != nil || !reflect.DeepEqual(back, test.v) {
			t.Errorf("%s is %#v (%v), want %#v", test.want, back, err, test.v)
		}
	}
}

func TestWhatHasNoFormIsRefused(t *testing.T) {
	deep := any(nil)
	for range MaxDepth + 1 {
		deep = []any{deep}
	}
	for _, v := range []any{struct{}{}, deep, []any{make(chan int)}, map[string]any{"a": deep}} {
		if _, err := Marshal(v); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%T: %v", v, err)
		}
	}
	for _, text := range []string{"", "c1", "dd", "ddffffffff", "dfffffffff", "c6ffffffff00", "a2", "81c0c0", "d6ff", "c702ff0000", "0000", strings.Repeat("91", 100) + "c0"} {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Unmarshal(b); !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestStreamIsCutAnywhere(t *testing.T) {
	values := []any{int64(1), "text", []any{map[string]any{"b": bytes.Repeat([]byte{7}, 300)}, nil}, time.Unix(1, 2).UTC(), []any{}}
	var wire []byte
	for _, v := range values {
		wire, _ = Append(wire, v)
	}
	for size := 1; size <= len(wire); size++ {
		var s Stream
		var got []any
		for rest := wire; len(rest) > 0; {
			n := min(size, len(rest))
			more, err := s.Add(rest[:n])
			if err != nil {
				t.Fatal(err)
			}
			got, rest = append(got, more...), rest[n:]
		}
		if !reflect.DeepEqual(got, values) || s.Waiting() != 0 {
			t.Fatalf("in pieces of %d: %v", size, got)
		}
	}
}

func TestStreamIsBounded(t *testing.T) {
	for _, text := range []string{"c6ffffffff", "ddffffffff", "dfffffffff", "c1"} {
		s := Stream{MaxBytes: 1000, MaxValues: 100}
		b, _ := hex.DecodeString(text)
		if _, err := s.Add(b); !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: %v", text, err)
		}
	}
	s := Stream{MaxBytes: 1000}
	if _, err := s.Add(append([]byte{0xc5, 0x03, 0xe0}, make([]byte, 900)...)); err != nil || s.Waiting() != 903 {
		t.Errorf("%v, %d bytes wait", err, s.Waiting())
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, text := range []string{"82a16191" + "01a162c0", "c70cff00000000ffffffffffffffff", "ddffffffff", "cb3fe0000000000000"} {
		b, _ := hex.DecodeString(text)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := Unmarshal(b)
		if err != nil {
			if !errors.Is(err, ErrSyntax) {
				t.Fatal(err)
			}
		} else if _, err := Marshal(v); err != nil {
			t.Fatal(err)
		}
		// A stream reads the same, however it is cut.
		s := Stream{MaxBytes: 1 << 16}
		var got []any
		for rest := b; len(rest) > 0; {
			n := min(3, len(rest))
			more, err := s.Add(rest[:n])
			if err != nil {
				return
			}
			got, rest = append(got, more...), rest[n:]
		}
		if err == nil && len(got) != 1 {
			t.Fatalf("one value, and %d of the stream", len(got))
		}
	})
}
