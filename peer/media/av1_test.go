package media

import (
	"bytes"
	"testing"

	"github.com/causeway-rtc/causeway/encode"
)

// unitsOf makes a temporal unit of units with payloads of these lengths, the
// first of which is a sequence header.
func unitsOf(lengths ...int) (sent, want []byte) {
	sent = []byte{0x12, 0} // a temporal delimiter
	for i, n := range lengths {
		o := encode.OBU{Header: []byte{0x30}, Payload: bytes.Repeat([]byte{byte(i + 1)}, n)}
		if i == 0 {
			o.Header = []byte{encode.OBUSequenceHeader << 3}
		}
		want = encode.AppendOBU(want, o)
	}
	return append(sent, want...), want
}

// carry sends a temporal unit through payloads of at most mtu bytes.
func carry(t *testing.T, mtu int, data []byte) []byte {
	t.Helper()
	var d av1Depacketizer
	var got []byte
	payloads := av1Payloader{}.Payload(uint16(mtu), data)
	for i, p := range payloads {
		if len(p) > mtu || len(p) < 2 {
			t.Fatalf("payload %d has %d bytes", i, len(p))
		}
		if first := p[0]&av1First != 0; first != (i == 0 && encode.IsKeyAV1(data)) {
			t.Errorf("payload %d begins a key frame: %v", i, first)
		}
		out, err := d.Unmarshal(p)
		if err != nil {
			t.Fatalf("payload %d: %v", i, err)
		}
		got = append(got, out...)
	}
	if d.open {
		t.Error("the last unit has no end")
	}
	return got
}

func TestAV1ArrivesAsItWasButForDelimiters(t *testing.T) {
	for _, lengths := range [][]int{{10}, {10, 100}, {0, 0, 0}, {10, 1170}, {10, 1180, 5, 5}, {12, 100_000}, {10, 127, 128, 16_383, 16_384, 1}} {
		sent, want := unitsOf(lengths...)
		for _, mtu := range []int{40, 1180} {
			if got := carry(t, mtu, sent); !bytes.Equal(got, want) {
				t.Errorf("%v by %d bytes: %d bytes became %d", lengths, mtu, len(want), len(got))
			}
		}
	}
}

func TestAV1OfOthersIsRead(t *testing.T) {
	for name, c := range map[string]struct{ payload, want []byte }{
		"one without length":        {[]byte{0x10, 0x30, 1, 2}, []byte{0x32, 2, 1, 2}},
		"two, of which one has one": {[]byte{0x20, 2, 0x08, 7, 0x30, 1, 2}, []byte{0x0a, 1, 7, 0x32, 2, 1, 2}},
		"with a size of its own":    {[]byte{0x10, 0x32, 2, 1, 2}, []byte{0x32, 2, 1, 2}},
		"with a delimiter":          {[]byte{0x20, 2, 0x12, 0, 0x30, 1}, []byte{0x32, 1, 1}},
		"with an extension":         {[]byte{0x10, 0x34, 0x20, 9}, []byte{0x36, 0x20, 1, 9}},
	} {
		got, err := new(av1Depacketizer).Unmarshal(c.payload)
		if err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s: got % x, %v, want % x", name, got, err, c.want)
		}
	}
}

func TestAV1WithoutItsBeginningIsRefused(t *testing.T) {
	sent, _ := unitsOf(10, 5000)
	payloads := av1Payloader{}.Payload(1180, sent)
	var d av1Depacketizer
	for _, p := range [][]byte{payloads[1], {}, {0}, {0x00, 0xff}, {0x00, 5, 1}} {
		if _, err := d.Unmarshal(p); err == nil {
			t.Errorf("% x: no error", p[:min(len(p), 8)])
		}
	}
}

// Whatever a stranger sends is read or refused, and what is sent arrives.
func FuzzAV1(f *testing.F) {
	sent, _ := unitsOf(3, 60)
	f.Add(sent)
	f.Add([]byte{0x20, 2, 0x08, 7, 0x30, 1, 2})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, data []byte) {
		var d av1Depacketizer
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 1+int(rest[0])%40)
			_, _ = d.Unmarshal(rest[:n])
			rest = rest[n:]
		}
		var want []byte
		for unit := range encode.OBUs(data) {
			if k := unit.Type(); k != encode.OBUTemporalDelimiter && k != encode.OBUTileList {
				want = encode.AppendOBU(want, unit)
			}
		}
		if got := carry(t, 40, data); !bytes.Equal(got, want) {
			t.Fatalf("% x became % x", want, got)
		}
	})
}
