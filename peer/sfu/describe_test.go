package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/causeway-rtc/causeway/encode"
)

func TestDescriptionsSayWhatBeginsAKeyFrame(t *testing.T) {
	for _, test := range []struct {
		name     string
		codec    encode.Codec
		payload  []byte
		key      bool
		temporal uint8
	}{
		{"VP8 key frame", encode.VP8, []byte{0x10, 0x00}, true, 0},
		{"VP8 frame between", encode.VP8, []byte{0x10, 0x01}, false, 0},
		{"VP8 key frame, second packet", encode.VP8, []byte{0x00, 0x00}, false, 0},
		{"VP8 with everything", encode.VP8, vp8(true, 300, 1, 2), true, 2},
		{"VP8 cut off", encode.VP8, []byte{0x90, 0xe0, 0x80}, false, 0},
		{"VP9 key frame", encode.VP9, []byte{0x88, 0x01, 0}, true, 0},
		{"VP9 temporal layer", encode.VP9, []byte{0xe8, 0x01, 0x50, 0}, false, 2},
		{"VP9 spatial layer", encode.VP9, []byte{0xa8, 0x01, 0x02, 0, 0}, false, 0},
		{"H.264 parameters", encode.H264, []byte{0x67, 0x42}, true, 0},
		{"H.264 aggregate", encode.H264, []byte{0x78, 0, 1, 0x09, 0, 2, 0x67, 0x42}, true, 0},
		{"H.264 fragment", encode.H264, []byte{0x7c, 0x85}, true, 0},
		{"H.264 fragment, second", encode.H264, []byte{0x7c, 0x05}, false, 0},
		{"H.264 slice", encode.H264, []byte{0x41, 0x9a}, false, 0},
		{"AV1 sequence", encode.AV1, []byte{0x18, 0}, true, 0},
		{"AV1 frame", encode.AV1, []byte{0x10, 0}, false, 0},
	} {
		d := describerOf(test.codec.MIMEType)(test.payload)
		if d.key != test.key || d.temporal != test.temporal {
			t.Errorf("%s: key %v, temporal %d", test.name, d.key, d.temporal)
		}
	}
}

func FuzzDescribe(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x90, 0xe0, 0x80})
	f.Add(vp8(true, 300, 1, 2))
	f.Add([]byte{0xa8, 0x01, 0x50})
	f.Add([]byte{0x78, 0xff, 0xff, 0x09})
	f.Fuzz(func(t *testing.T, payload []byte) {
		for _, c := range []encode.Codec{encode.VP8, encode.VP9, encode.H264, encode.AV1, encode.Opus} {
			d := describerOf(c.MIMEType)(payload)
			if d.temporal >= maxTemporal || d.pictureAt >= len(payload) && d.pictureAt > 0 || d.baseAt >= len(payload) && d.baseAt > 0 {
				t.Fatalf("%s: %+v of %d bytes", c.Name, d, len(payload))
			}
			p := &packet{Packet: &rtp.Packet{Payload: payload}, description: d}
			w := &rewriter{begun: true, pictureShift: 5, baseShift: 3}
			if got := w.payload(p); len(got) != len(payload) {
				t.Fatalf("%s: %d bytes became %d", c.Name, len(payload), len(got))
			}
		}
	})
}

func FuzzExtensions(f *testing.F) {
	f.Add([]byte{0x90, 0x60, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xbe, 0xde, 0, 1, 0x12, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var p rtp.Packet
		if p.Unmarshal(raw) != nil {
			return
		}
		x := extensions{pairs: [2]pair{{1, 4}, {2, 5}}, sendTime: 3}
		h := rtp.Header{Version: 2}
		x.put(&h, &p, time.Now())
		if _, err := h.Marshal(); err != nil {
			t.Fatalf("what is forwarded cannot be sent: %v", err)
		}
	})
}
