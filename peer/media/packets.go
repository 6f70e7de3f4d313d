package media

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// Packets puts the packets of a track that comes over the network in order,
// asks for those that are missing, and counts them.
type Packets struct {
	o        ReceiverOptions
	track    *webrtc.TrackRemote
	order    reorder
	missing  []uint16 // of one call of ask; kept to spare allocations
	received reception
}

// NewPackets makes the packets of t. Run reads them.
func NewPackets(t *webrtc.TrackRemote, o ReceiverOptions) *Packets {
	in := &Packets{o: o, track: t}
	in.order.patience = videoPatience
	if t.Kind() == webrtc.RTPCodecTypeAudio {
		in.order.patience = audioPatience
	}
	return in
}

// Run hands each packet to take, which owns it then, until the track ends.
// lost is true when packets before it were given up.
func (in *Packets) Run(take func(p *rtp.Packet, lost bool)) {
	for {
		// A missing packet is given up even when none follows it.
		_ = in.track.SetReadDeadline(in.order.deadline(time.Now()))
		p, attributes, err := in.track.ReadRTP()
		if err != nil && !isTimeout(err) {
			return
		}
		now := time.Now()
		if err == nil {
			// What was sent again was lost nonetheless.
			again := attributes.Get(webrtc.AttributeRtxSsrc) != nil
			in.received.packet(p, now, in.track.Codec().ClockRate, again)
			in.order.push(p, now)
		}
		for {
			p, lost := in.order.pop(now)
			if p == nil {
				break
			}
			take(p, lost)
		}
		in.ask(now)
	}
}

// ask asks for missing packets of video (RFC 4585 §6.2.1). Sound does not
// wait for what is sent again.
func (in *Packets) ask(now time.Time) {
	if in.track.Kind() != webrtc.RTPCodecTypeVideo {
		return
	}
	again := askEvery
	if in.o.RoundTrip != nil {
		again += in.o.RoundTrip()
	}
	in.missing = in.order.missing(in.missing[:0], now, again)
	if len(in.missing) > 0 {
		nack := &rtcp.TransportLayerNack{MediaSSRC: uint32(in.track.SSRC()), Nacks: rtcp.NackPairsFromSequenceNumbers(in.missing)}
		// A lost one is made good by the next.
		_ = in.o.WriteRTCP([]rtcp.Packet{nack})
	}
}
