package binarypack

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// feed adds messages and returns the values that come out.
func feed(t *testing.T, a *Assembler, messages [][]byte) []any {
	t.Helper()
	var values []any
	for i, m := range messages {
		v, ok, err := a.Add(m)
		if err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		if ok {
			values = append(values, v)
		}
	}
	return values
}

func split(t *testing.T, v any, id uint32) [][]byte {
	t.Helper()
	packed, err := Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return Split(packed, id)
}

func chunk(t *testing.T, id, n, total, data any) []byte {
	t.Helper()
	b, err := Marshal(map[string]any{keyID: id, keyIndex: n, keyTotal: total, keyData: data})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestChunksAreAssembledInAnyOrder(t *testing.T) {
	var messages [][]byte
	want := map[string]bool{}
	for i := range 5 {
		text := strings.Repeat(string(rune('a'+i)), 10_000+i*20_000)
		want[text] = true
		messages = append(messages, split(t, text, uint32(i+1))...)
	}
	rand.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })
	a := NewAssembler(AssemblerOptions{})
	for _, v := range feed(t, a, messages) {
		delete(want, v.(string))
	}
	if len(want) != 0 || a.Waiting() != 0 {
		t.Errorf("%d values are missing, %d bytes wait", len(want), a.Waiting())
	}
}

func TestSplitAtTheBoundary(t *testing.T) {
	for size, want := range map[int]int{MTU - 1: 1, MTU: 1, MTU + 1: 2, 2 * MTU: 2, 2*MTU + 1: 3} {
		packed := bytes.Repeat([]byte{7}, size)
		messages := Split(packed, 1)
		if len(messages) != want {
			t.Errorf("%d bytes are %d messages, want %d", size, len(messages), want)
		}
		for _, m := range messages {
			if len(m) > MTU+chunkOverhead {
				t.Errorf("a message has %d bytes", len(m))
			}
		}
	}
}

func TestValuesThatLookLikeChunks(t *testing.T) {
	a := NewAssembler(AssemblerOptions{})
	for _, id := range []any{nil, false, 0, ""} {
		b, err := Marshal(map[string]any{keyID: id})
		if err != nil {
			t.Fatal(err)
		}
		if v, ok, err := a.Add(b); !ok || err != nil {
			t.Errorf("%v: %v, %v, %v", id, v, ok, err)
		}
	}
	if _, _, err := a.Add(CloseMessage()); !errors.Is(err, ErrClose) {
		t.Errorf("close: %v", err)
	}
	// A chunk in chunks is a value.
	inner := chunk(t, 1, 0, 1, bytes.Repeat([]byte{1}, MTU))
	values := feed(t, a, Split(inner, 9))
	if m, ok := values[0].(map[string]any); !ok || m[keyID] != int64(1) {
		t.Errorf("%.60v", values)
	}
}

func TestWrongChunksAreRefused(t *testing.T) {
	data := []byte{1}
	for name, messages := range map[string][][]byte{
		"no data":            {chunk(t, 1, 0, 2, []byte{})},
		"text for data":      {chunk(t, 1, 0, 2, "x")},
		"an index too high":  {chunk(t, 1, 2, 2, data)},
		"a negative index":   {chunk(t, 1, -1, 2, data)},
		"a fraction":         {chunk(t, 1, 0.5, 2, data)},
		"no total":           {chunk(t, 1, 0, nil, data)},
		"a total of none":    {chunk(t, 1, 0, 0, data)},
		"a total too high":   {chunk(t, 1, 0, 1<<40, data)},
		"another total":      {chunk(t, 1, 0, 3, data), chunk(t, 1, 1, 4, data)},
		"the same twice":     {chunk(t, 1, 0, 3, data), chunk(t, 1, 0, 3, data)},
		"an id that is text": {chunk(t, "a", 0, 2, data)},
		"garbage within":     {chunk(t, 1, 0, 2, []byte{0xc4}), chunk(t, 1, 1, 2, data)},
		"no message":         {{}},
	} {
		a := NewAssembler(AssemblerOptions{})
		var err error
		for i, m := range messages {
			var ok bool
			_, ok, err = a.Add(m)
			if ok || (err != nil) != (i == len(messages)-1) {
				t.Errorf("%s: message %d: %v, %v", name, i, ok, err)
			}
		}
		if !errors.Is(err, ErrSyntax) || a.Waiting() != 0 {
			t.Errorf("%s: %v, and %d bytes wait", name, err, a.Waiting())
		}
	}
}

func TestWaitingChunksAreBounded(t *testing.T) {
	a := NewAssembler(AssemblerOptions{MaxOpen: 3, MaxBytes: 100_000})
	for id := range 10 {
		_, _, err := a.Add(chunk(t, id+1, 0, 2, []byte{1}))
		if (err == nil) != (id < 3) {
			t.Errorf("value %d in chunks: %v", id, err)
		}
	}
	a = NewAssembler(AssemblerOptions{MaxBytes: 100_000})
	var err error
	for n := 0; err == nil; n++ {
		_, _, err = a.Add(chunk(t, 1, n, 700, make([]byte, MTU)))
		if a.Waiting() > 100_000 || n > 700 {
			t.Fatalf("%d bytes wait after %d chunks", a.Waiting(), n)
		}
	}
	if a.Waiting() != 0 {
		t.Errorf("%d bytes wait for a value that was given up", a.Waiting())
	}
	// The channel goes on.
	if values := feed(t, a, split(t, strings.Repeat("x", 50_000), 2)); len(values) != 1 {
		t.Errorf("%d values", len(values))
	}
}

// An index is no reason to make room for all below it.
func TestHighIndexIsCheap(t *testing.T) {
	a := NewAssembler(AssemblerOptions{})
	m := chunk(t, 1, 500_000, 500_001, []byte{1})
	if used := allocated(func() { _, _, _ = a.Add(m) }); used > 64<<10 {
		t.Errorf("%d bytes allocated for one chunk", used)
	}
}

// FuzzAssembler holds that no sequence of messages panics or makes more wait
// than is allowed. A zero byte separates the messages.
func FuzzAssembler(f *testing.F) {
	f.Add(slices.Concat([]byte{0x84, 0xba}, []byte(keyID), []byte{1, 0xb1, 'n', 1, 0xb4}, []byte(keyData), []byte{0xa1, 5, 0xb5}, []byte(keyTotal), []byte{2}))
	f.Add(CloseMessage())
	f.Fuzz(func(t *testing.T, b []byte) {
		a := NewAssembler(AssemblerOptions{MaxBytes: 4096, MaxOpen: 4})
		for m := range bytes.SplitSeq(b, []byte{0}) {
			_, ok, err := a.Add(m)
			if ok && err != nil || err != nil && !errors.Is(err, ErrSyntax) && !errors.Is(err, ErrClose) {
				t.Fatalf("%x: %v, %v", m, ok, err)
			}
			if a.Waiting() > 4096 || a.Waiting() < 0 || len(a.open) > 4 {
				t.Fatalf("%d bytes of %d values wait", a.Waiting(), len(a.open))
			}
		}
	})
}

// FuzzSplit holds that what is split is assembled to the same.
func FuzzSplit(f *testing.F) {
	f.Add([]byte("x"), uint16(MTU), uint32(1))
	f.Fuzz(func(t *testing.T, b []byte, times uint16, id uint32) {
		value := bytes.Repeat(b, 1+int(times)%(1+(200_000/max(1, len(b)))))
		values := feed(t, NewAssembler(AssemblerOptions{}), split(t, value, max(id, 1)))
		if len(values) != 1 || !bytes.Equal(values[0].([]byte), value) {
			t.Fatalf("%d bytes became %d values", len(value), len(values))
		}
	})
}
