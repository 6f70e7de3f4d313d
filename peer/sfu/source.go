package sfu

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/media"
)

// source is a picture or sound that came from a member, in one layer or
// several, and goes to outputs.
type source struct {
	member      *Member
	receiver    *webrtc.RTPReceiver
	publication *publication
	codec       webrtc.RTPCodecParameters
	kind        webrtc.RTPCodecType
	describe    describer
	extensions  []webrtc.RTPHeaderExtensionParameter

	mu      sync.Mutex
	layers  atomic.Pointer[[]*layer] // replaced under mu, never changed
	outputs atomic.Pointer[[]*output]
}

func newSource(m *Member, t *webrtc.TrackRemote, r *webrtc.RTPReceiver) *source {
	s := &source{
		member: m, receiver: r, codec: t.Codec(), kind: t.Kind(),
		describe: describerOf(t.Codec().MimeType), extensions: r.GetParameters().HeaderExtensions,
	}
	s.layers.Store(&[]*layer{})
	s.outputs.Store(&[]*output{})
	return s
}

// layer is one encoding of a source.
type layer struct {
	source  *source
	track   *webrtc.TrackRemote
	packets *media.Packets
	keys    keyframes
	rates   rates

	frame uint32 // of the last packet
	hole  bool   // packets before the next are missing

	mu     sync.Mutex
	report *rtcp.SenderReport // the last, or nil
	heard  time.Time          // when it came
}

// packet is one that came. All outputs share it, and none may change it.
type packet struct {
	*rtp.Packet
	description
	layer *layer
	at    time.Time
	lost  bool // those before it did not come
}

// add makes a layer of t.
func (s *source) add(t *webrtc.TrackRemote) (*layer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := *s.layers.Load()
	if len(before) >= maxLayers {
		return nil, errors.New("sfu: too many encodings of a picture")
	}
	l := &layer{source: s, track: t}
	l.packets = media.NewPackets(t, media.ReceiverOptions{
		WriteRTCP: s.member.pc.WriteRTCP,
		RoundTrip: func() time.Duration { return time.Duration(s.member.roundTrip.Load()) },
	})
	l.keys.send = func() {
		// A lost one is made good by the next: who waits asks again.
		_ = s.member.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(t.SSRC())}})
	}
	after := append(slices.Clone(before), l)
	s.layers.Store(&after)
	return l, nil
}

// attach adds an output, and detach removes it.
func (s *source) attach(o *output) {
	s.mu.Lock()
	defer s.mu.Unlock()
	after := append(slices.Clone(*s.outputs.Load()), o)
	s.outputs.Store(&after)
}

func (s *source) detach(o *output) {
	s.mu.Lock()
	defer s.mu.Unlock()
	after := slices.DeleteFunc(slices.Clone(*s.outputs.Load()), func(have *output) bool { return have == o })
	s.outputs.Store(&after)
}

// run hands on what comes until the track ends.
func (l *layer) run() {
	l.packets.Run(func(p *rtp.Packet, lost bool) {
		l.hole = l.hole || lost
		if len(p.Payload) == 0 {
			return // padding
		}
		at := time.Now()
		in := &packet{Packet: p, description: l.source.describe(p.Payload), layer: l, at: at, lost: l.hole}
		l.hole = false
		l.rates.add(in.temporal, len(p.Payload), at)
		if l.source.kind == webrtc.RTPCodecTypeVideo {
			if in.key && p.Timestamp != l.frame {
				l.keys.came()
			} else if in.lost {
				l.keys.request()
			}
			l.frame = p.Timestamp
		}
		for _, o := range *l.source.outputs.Load() {
			o.push(in)
		}
	})
}

// readReports reads what the member says of what it sends.
func (l *layer) readReports() {
	for {
		var packets []rtcp.Packet
		var err error
		if rid := l.track.RID(); rid != "" {
			packets, _, err = l.source.receiver.ReadSimulcastRTCP(rid)
		} else {
			packets, _, err = l.source.receiver.ReadRTCP()
		}
		if err != nil {
			return
		}
		for _, p := range packets {
			if r, ok := p.(*rtcp.SenderReport); ok && r.SSRC == uint32(l.track.SSRC()) {
				l.mu.Lock()
				l.report, l.heard = r, time.Now()
				l.mu.Unlock()
			}
		}
	}
}

// now is the RTP timestamp of this moment by the member's last report, or
// false while there is none.
func (l *layer) now(at time.Time) (uint32, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.report == nil {
		return 0, false
	}
	return l.report.RTPTime + ticks(at.Sub(l.heard), l.source.codec.ClockRate), true
}

// ticks is d in units of an RTP clock.
func ticks(d time.Duration, clockRate uint32) uint32 {
	return uint32(int64(d.Seconds() * float64(clockRate)))
}

// close forgets the layer.
func (l *layer) close() {
	l.keys.close()
	s := l.source
	s.mu.Lock()
	defer s.mu.Unlock()
	after := slices.DeleteFunc(slices.Clone(*s.layers.Load()), func(have *layer) bool { return have == l })
	s.layers.Store(&after)
}
