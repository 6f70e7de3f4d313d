package encode

import (
	"bytes"
	"testing"
)

func TestUnitsOfATemporalUnit(t *testing.T) {
	// A delimiter, a sequence header, a frame with an extension, and a frame
	// without its size.
	data := []byte{0x12, 0, 0x0a, 2, 7, 8, 0x36, 0x20, 1, 9, 0x30, 5, 6}
	var got []OBU
	for o := range OBUs(data) {
		got = append(got, o)
	}
	want := []OBU{
		{[]byte{0x12}, []byte{}},
		{[]byte{0x0a}, []byte{7, 8}},
		{[]byte{0x36, 0x20}, []byte{9}},
		{[]byte{0x30}, []byte{5, 6}},
	}
	if len(got) != len(want) {
		t.Fatalf("%d units, want %d", len(got), len(want))
	}
	for i, o := range want {
		if !bytes.Equal(got[i].Header, o.Header) || !bytes.Equal(got[i].Payload, o.Payload) {
			t.Errorf("unit %d is %x, want %x", i, got[i], o)
		}
	}
}

func TestKeyFramesAreTold(t *testing.T) {
	for _, c := range []struct {
		name string
		is   func([]byte) bool
		data []byte
		want bool
	}{
		{"VP9 key frame", IsKeyVP9, []byte{0x82, 0x49}, true},
		{"VP9 between", IsKeyVP9, []byte{0x86}, false},
		{"VP9 shown again", IsKeyVP9, []byte{0x88}, false},
		{"VP9 of profile 3", IsKeyVP9, []byte{0xb0}, true},
		{"VP9 of profile 3 between", IsKeyVP9, []byte{0xb2}, false},
		{"no VP9", IsKeyVP9, []byte{0x02}, false},
		{"no bytes of VP9", IsKeyVP9, nil, false},
		{"AV1 key frame", IsKeyAV1, []byte{0x12, 0, 0x0a, 1, 7, 0x32, 1, 9}, true},
		{"AV1 between", IsKeyAV1, []byte{0x12, 0, 0x32, 1, 9}, false},
		{"AV1 cut off", IsKeyAV1, []byte{0x12}, false},
		{"no bytes of AV1", IsKeyAV1, nil, false},
	} {
		if got := c.is(c.data); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// FuzzOBUs holds that whatever a stranger sends, the units lie within it, and
// put together again split the same way.
func FuzzOBUs(f *testing.F) {
	f.Add([]byte{0x12, 0, 0x0a, 2, 7, 8, 0x36, 0x20, 1, 9, 0x30, 5, 6})
	f.Add([]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, data []byte) {
		var again []byte
		total := 0
		for o := range OBUs(data) {
			total += len(o.Header) + len(o.Payload)
			again = AppendOBU(again, o)
		}
		if total > len(data) {
			t.Fatalf("%d bytes of %d", total, len(data))
		}
		var twice []byte
		for o := range OBUs(again) {
			twice = AppendOBU(twice, o)
		}
		if !bytes.Equal(again, twice) || IsKeyAV1(data) != IsKeyAV1(again) {
			t.Fatalf("% x became % x", again, twice)
		}
	})
}
