package media

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/streams"
)

// writes records the packets of a track.
type writes struct {
	packets []rtp.Packet
	deaf    int // so many writes are taken for nothing
}

func (w *writes) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	if w.deaf > 0 {
		w.deaf--
		return 0, nil
	}
	w.packets = append(w.packets, rtp.Packet{Header: h.Clone(), Payload: bytes.Clone(payload)})
	return h.MarshalSize() + len(payload), nil
}

func (w *writes) Write([]byte) (int, error) { panic("not used") }

// bindContext is what pion binds a track with.
type bindContext struct {
	webrtc.TrackLocalContext
	out *writes
	rtx bool
}

func (c bindContext) CodecParameters() []webrtc.RTPCodecParameters {
	all := []webrtc.RTPCodecParameters{{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "video/H264", ClockRate: 90000}, PayloadType: 96}}
	if c.rtx {
		all = append(all, webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "video/rtx", ClockRate: 90000, SDPFmtpLine: "apt=96"}, PayloadType: 97})
	}
	return all
}

func (bindContext) HeaderExtensions() []webrtc.RTPHeaderExtensionParameter {
	return []webrtc.RTPHeaderExtensionParameter{{URI: PlayoutDelayURI, ID: 5}, {URI: AbsSendTimeURI, ID: 3}}
}
func (bindContext) SSRC() webrtc.SSRC                      { return 1111 }
func (bindContext) SSRCRetransmission() webrtc.SSRC        { return 2222 }
func (c bindContext) WriteStream() webrtc.TrackLocalWriter { return c.out }

func newTestWire(out *writes, rtx bool) *wire {
	c := bindContext{out: out, rtx: rtx}
	return newWire(c, c.CodecParameters()[0], &senderStats{})
}

// alone says that no other frame waits.
func alone() bool { return false }

func TestFrameOnTheWire(t *testing.T) {
	out := &writes{deaf: 3}
	w := newTestWire(out, true)
	w.writeFrame(t.Context(), [][]byte{{1}, {2}, {3}}, 4711, alone)
	if len(out.packets) != 3 {
		t.Fatalf("%d packets, want 3: the first is tried until it goes out", len(out.packets))
	}
	for i, p := range out.packets {
		if p.SSRC != 1111 || p.PayloadType != 96 || p.Timestamp != 4711 || p.Marker != (i == 2) || p.SequenceNumber != out.packets[0].SequenceNumber+uint16(i) {
			t.Errorf("packet %d has the header %+v", i, p.Header)
		}
		if !bytes.Equal(p.GetExtension(5), []byte{0, 0, 0}) || len(p.GetExtension(3)) != 3 {
			t.Errorf("packet %d has the extensions %x and %x", i, p.GetExtension(5), p.GetExtension(3))
		}
	}
}

func TestRetransmission(t *testing.T) {
	for _, rtx := range []bool{true, false} {
		out := &writes{}
		w := newTestWire(out, rtx)
		w.writeFrame(t.Context(), [][]byte{{1}, {2}}, 4711, alone)
		sent := out.packets[1]
		now := time.Now()
		if !w.history.Resend(sent.SequenceNumber, now) || w.history.Resend(sent.SequenceNumber, now) {
			t.Error("a packet is not sent again once, and at first no more")
		}
		if !w.history.Resend(sent.SequenceNumber, now.Add(resendPause)) {
			t.Error("a packet is not sent again later")
		}
		if w.history.Resend(sent.SequenceNumber+1, now) || w.history.Resend(sent.SequenceNumber-5, now) {
			t.Error("a packet that never was is sent again")
		}
		p := out.packets[2]
		if !bytes.Equal(p.GetExtension(5), []byte{0, 0, 0}) || p.Timestamp != 4711 || !p.Marker {
			t.Errorf("sent again with %+v", p.Header)
		}
		if rtx && (p.SSRC != 2222 || p.PayloadType != 97 || binary.BigEndian.Uint16(p.Payload) != sent.SequenceNumber || p.Payload[2] != 2) {
			t.Errorf("the retransmission is %+v", p)
		}
		if !rtx && (p.SSRC != 1111 || p.PayloadType != 96 || p.SequenceNumber != sent.SequenceNumber || p.Payload[0] != 2) {
			t.Errorf("the packet sent again is %+v", p)
		}
	}
}

func TestHistoryForgets(t *testing.T) {
	out := &writes{}
	w := newTestWire(out, true)
	w.writeFrame(t.Context(), make([][]byte, historyLen+1), 1, alone)
	if w.history.Resend(out.packets[0].SequenceNumber, time.Now()) {
		t.Error("the history is not bounded")
	}
}

func TestSoundIsSteady(t *testing.T) {
	w := &wire{}
	at := func(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
	for i, test := range []struct{ captured, want float64 }{
		{100, 100}, {110.4, 110}, {119, 120}, {130, 130}, {500, 500}, {509, 510}, {530, 530},
	} {
		got := w.steady(&encode.Chunk{Time: at(test.captured), Duration: at(10)})
		if got != at(test.want) {
			t.Errorf("piece %d begins at %v, want %v", i, got, at(test.want))
		}
	}
}

func TestPayloadsAreMadeOnce(t *testing.T) {
	var all Packetizers
	one, two := streams.NewTrack("one", nil), streams.NewTrack("two", nil)
	p := all.get(one, encode.H264)
	if p != all.get(one, encode.H264) || p == all.get(two, encode.H264) || p == all.get(one, encode.VP8) {
		t.Error("the packetizers are mixed up")
	}
	all.put(one, encode.H264)
	all.put(one, encode.H264)
	all.put(two, encode.H264)
	all.put(one, encode.VP8)
	if len(all.all) != 0 {
		t.Errorf("%d packetizers are kept that nobody uses", len(all.all))
	}
	c := &encode.Chunk{Data: append([]byte{0, 0, 0, 1, 0x65}, bytes.Repeat([]byte{7}, 5000)...)}
	first, second := p.payloads(c), p.payloads(c)
	if len(first) != 5 || &first[0][0] != &second[0][0] {
		t.Errorf("%d payloads, made twice", len(first))
	}
	for _, payload := range first {
		if len(payload) > maxPayload {
			t.Errorf("a payload has %d bytes", len(payload))
		}
	}
}

func TestSendTime(t *testing.T) {
	var b [3]byte
	now := time.Date(2026, 7, 1, 12, 0, 1, 500_000_000, time.UTC)
	PutSendTime(&b, now)
	want, _ := rtp.NewAbsSendTimeExtension(now).Marshal()
	if !bytes.Equal(b[:], want) {
		t.Errorf("%x, want %x", b, want)
	}
}

// run pushes packets in the order of seqs, one a millisecond, and returns
// what comes out; -1 marks a loss.
func (r *reorder) run(begin time.Time, seqs ...uint16) (got []int) {
	for i, seq := range seqs {
		now := begin.Add(time.Duration(i) * time.Millisecond)
		r.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: seq}}, now)
		for {
			p, lost := r.pop(now)
			if lost {
				got = append(got, -1)
			}
			if p == nil {
				break
			}
			got = append(got, int(p.SequenceNumber))
		}
	}
	return got
}

func TestReorder(t *testing.T) {
	for name, test := range map[string]struct {
		seqs []uint16
		want []int
	}{
		"in order":  {[]uint16{1, 2, 3}, []int{1, 2, 3}},
		"wraps":     {[]uint16{65534, 65535, 0, 1}, []int{65534, 65535, 0, 1}},
		"swapped":   {[]uint16{1, 3, 2, 4}, []int{1, 2, 3, 4}},
		"twice":     {[]uint16{1, 2, 2, 1, 3}, []int{1, 2, 3}},
		"lost":      {[]uint16{1, 3, 4, 5, 6, 7, 8}, []int{1, -1, 3, 4, 5, 6, 7, 8}},
		"two gaps":  {[]uint16{1, 3, 5, 6, 7, 8, 9, 10, 11, 12}, []int{1, -1, 3, -1, 5, 6, 7, 8, 9, 10, 11, 12}},
		"far ahead": {[]uint16{1, 2000, 2001}, []int{1, -1, 2000, 2001}},
		"behind":    {[]uint16{1, 40000, 40001}, []int{1, -1, 40000, 40001}},
		"came late": {[]uint16{1, 3, 4, 5, 6, 7, 2, 8}, []int{1, -1, 3, 4, 5, 6, 7, 8}},
	} {
		r := reorder{patience: 3 * time.Millisecond}
		if got := r.run(time.Unix(0, 0), test.seqs...); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestMissing(t *testing.T) {
	r := reorder{patience: time.Second}
	now := time.Unix(0, 0)
	r.run(now, 1, 4, 6)
	if got := r.missing(nil, now, askEvery); !slices.Equal(got, []uint16{2, 3, 5}) {
		t.Errorf("missing are %v", got)
	}
	if got := r.missing(nil, now.Add(askEvery/2), askEvery); got != nil {
		t.Errorf("asked too soon for %v", got)
	}
	r.run(now, 3)
	if got := r.missing(nil, now.Add(askEvery), askEvery); !slices.Equal(got, []uint16{2, 5}) {
		t.Errorf("missing are %v", got)
	}
	r.run(now, 2, 5)
	if got := r.missing(nil, now.Add(time.Second), askEvery); got != nil {
		t.Errorf("missing are %v when nothing is", got)
	}
}

// What is cut to payloads comes back the same, but for the length of start
// codes.
func TestAssemble(t *testing.T) {
	big := bytes.Repeat([]byte{0xa5}, 4000)
	frame := slices.Concat([]byte{0, 0, 0, 1, 0x67, 1}, []byte{0, 0, 0, 1, 0x68, 2}, []byte{0, 0, 0, 1, 0x65}, big)
	a := assembler{depacketizer: &codecs.H264Packet{}}
	payloads := (&codecs.H264Payloader{}).Payload(maxPayload, frame)
	for i, payload := range payloads {
		p := &rtp.Packet{Header: rtp.Header{Timestamp: 9, Marker: i == len(payloads)-1}, Payload: payload}
		got, first, complete, ok := a.add(p, time.Duration(i))
		if !ok || complete != p.Marker || complete && (!bytes.Equal(got, frame) || first != 0) {
			t.Fatalf("packet %d: %d bytes, first %v, complete %v, ok %v", i, len(got), first, complete, ok)
		}
	}
	if !isKeyframe(encode.H264, frame) || isKeyframe(encode.H264, []byte{0, 0, 0, 1, 0x41, 0x65}) || isKeyframe(encode.VP8, []byte{1}) || !isKeyframe(encode.VP8, []byte{0}) {
		t.Error("key frames are not told")
	}
	// A frame whose beginning was lost is not taken.
	if _, _, _, ok := a.add(&rtp.Packet{Payload: payloads[2]}, 0); ok {
		t.Error("the middle of a frame was taken for its beginning")
	}
}

func TestLargeFrameIsSpreadAndSmallOnesAreNot(t *testing.T) {
	for _, test := range []struct {
		packets   int
		waiting   bool
		low, high time.Duration // how long it may take
	}{
		{1, false, 0, 0},
		{firstBurst, false, 0, 0},
		{firstBurst + 1, false, burstPause, burstPause},
		{130, false, 4 * burstPause, mostPauses * burstPause},
		{1000, false, 4 * burstPause, mostPauses * burstPause},
		{1000, true, 0, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			out := &writes{}
			w := newTestWire(out, true)
			began := time.Now()
			w.writeFrame(t.Context(), make([][]byte, test.packets), 4711, func() bool { return test.waiting })
			if took := time.Since(began); took < test.low || took > test.high {
				t.Errorf("%d packets took %v, want %v to %v", test.packets, took, test.low, test.high)
			}
			if len(out.packets) != test.packets || !out.packets[test.packets-1].Marker {
				t.Errorf("%d of %d packets left", len(out.packets), test.packets)
			}
			for i, p := range out.packets {
				if p.SequenceNumber != out.packets[0].SequenceNumber+uint16(i) || p.Marker != (i == test.packets-1) {
					t.Fatalf("packet %d of %d has the header %+v", i, test.packets, p.Header)
				}
			}
		})
	}
}
