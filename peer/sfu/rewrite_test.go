package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtp"
)

// frame is a packet that is a frame of VP8.
func frame(l *layer, seq uint16, timestamp uint32, payload []byte) *packet {
	return &packet{
		Packet: &rtp.Packet{Header: rtp.Header{SequenceNumber: seq, Timestamp: timestamp}, Payload: payload},
		layer:  l, at: time.Unix(0, int64(timestamp)*int64(time.Second)/90000), description: describeVP8(payload),
	}
}

func TestDroppedTemporalLayersLeaveNoGaps(t *testing.T) {
	l := &layer{}
	w := &rewriter{clockRate: 90000}
	first := frame(l, 65530, 0, vp8(true, 0x7ffa, 250, 0))
	w.start(l, first)
	seq, picture, n := uint16(65529), uint16(0x7ff9), 0
	for i := range 40 {
		p := frame(l, uint16(65530+i), uint32(i)*3000, vp8(i == 0, uint16(0x7ffa+i)&0x7fff, uint8(250+i/2), uint8(i%2)))
		before := p.Payload[3]
		gotSeq, timestamp, payload, ok := w.next(p)
		if want := i%2 == 0; ok != want {
			t.Fatalf("frame %d: forwarded %v, want %v", i, ok, want)
		}
		if !ok {
			continue
		}
		n++
		seq, picture = seq+1, (picture+1)&0x7fff
		d := describeVP8(payload)
		if gotSeq != seq || d.picture != picture || d.base != p.base || timestamp != p.Timestamp {
			t.Fatalf("frame %d: packet %d, picture %d, base %d, timestamp %d; want %d, %d, %d, %d",
				i, gotSeq, d.picture, d.base, timestamp, seq, picture, p.base, p.Timestamp)
		}
		if p.Payload[3] != before {
			t.Fatal("what is shared was changed")
		}
	}
	if n != 20 {
		t.Errorf("%d frames, want half", n)
	}
}

func TestTemporalLayersComeBackWhereTheSenderSays(t *testing.T) {
	l := &layer{}
	w := &rewriter{clockRate: 90000}
	w.start(l, frame(l, 1, 0, vp8(true, 1, 1, 0)))
	if _, _, _, ok := w.next(frame(l, 1, 0, vp8(true, 1, 1, 0))); !ok {
		t.Fatal("the key frame was left out")
	}
	w.most = 1
	unready := vp8(false, 2, 1, 1)
	unready[5] &^= 0x20
	if _, _, _, ok := w.next(frame(l, 2, 3000, unready)); ok {
		t.Error("a frame was forwarded that refers to one that was not")
	}
	if _, _, _, ok := w.next(frame(l, 3, 6000, vp8(false, 3, 1, 1))); !ok {
		t.Error("a frame was left out at which the layer may be taken")
	}
}

func TestChangeOfLayerGoesOnWithoutAGap(t *testing.T) {
	low, high := &layer{}, &layer{}
	w := &rewriter{clockRate: 90000}
	first := frame(low, 100, 90000, vp8(true, 10, 5, 0))
	w.start(low, first)
	w.next(first)
	other := frame(high, 9000, 4_000_000_000, vp8(true, 3000, 77, 0))
	other.at = first.at.Add(100 * time.Millisecond)
	w.start(high, other)
	seq, timestamp, payload, ok := w.next(other)
	d := describeVP8(payload)
	if !ok || seq != 101 || timestamp != 99000 || d.picture != 11 || d.base != 6 {
		t.Errorf("packet %d, timestamp %d, picture %d, base %d; want 101, 99000, 11, 6", seq, timestamp, d.picture, d.base)
	}
}

func TestHoleStaysOne(t *testing.T) {
	l := &layer{}
	w := &rewriter{clockRate: 90000}
	first := frame(l, 7, 0, vp8(true, 1, 1, 0))
	w.start(l, first)
	w.next(first)
	p := frame(l, 9, 3000, vp8(false, 3, 1, 0))
	p.lost = true
	if seq, _, _, _ := w.next(p); seq != 9 {
		t.Errorf("packet %d, want the receiver to know of the one before", seq)
	}
}

func TestChoiceFollowsTheBudget(t *testing.T) {
	now := time.Now()
	at := func(bps ...int64) *layer {
		l := &layer{}
		l.rates.last.Store(now.UnixNano())
		l.rates.top.Store(int32(len(bps) - 1))
		for i, b := range bps {
			l.rates.bps[i].Store(b)
		}
		return l
	}
	low, high, silent := at(200_000), at(1_000_000, 2_000_000), at(1)
	silent.rates.last.Store(now.Add(-time.Minute).UnixNano())
	all := []*layer{silent, low, high}
	for _, test := range []struct {
		budget int
		now    choice
		want   choice
	}{
		{8_000_000, choice{}, choice{high, 1}},
		{1_500_000, choice{high, 1}, choice{high, 0}},
		{900_000, choice{high, 0}, choice{low, 0}},
		{1_050_000, choice{low, 0}, choice{low, 0}},
		{1_200_000, choice{low, 0}, choice{high, 0}},
		{1_050_000, choice{high, 0}, choice{high, 0}},
		{1, choice{high, 0}, choice{low, 0}},
	} {
		if got := choose(all, test.budget, test.now, now); got != test.want {
			t.Errorf("with %d bit/s: layer %d, temporal %d", test.budget, indexOf(all, got.layer), got.temporal)
		}
	}
}

func indexOf(all []*layer, l *layer) int {
	for i := range all {
		if all[i] == l {
			return i
		}
	}
	return -1
}
