package media

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/capture"
)

// SenderStats is how one track fares, in the names and units of the W3C's
// webrtc-stats, but for times, which are Durations. Counts are since the
// connection began.
type SenderStats struct {
	// Kind is "video" or "audio", Codec the name of the codec.
	Kind, Codec string
	// PacketsSent, BytesSent and FramesSent are without retransmissions.
	PacketsSent, BytesSent, FramesSent uint64
	// RetransmittedPacketsSent were asked for by NACKs.
	RetransmittedPacketsSent uint64
	// NACKCount, PLICount and FIRCount are what the viewer asked for.
	NACKCount, PLICount, FIRCount uint64
	// FractionLost, Jitter and RoundTripTime are those of the last report.
	FractionLost          float64
	Jitter, RoundTripTime time.Duration
	// TargetBitrate is what the congestion controller allows, in bits a
	// second, of video.
	TargetBitrate int
}

// Stats returns how the track fares.
func (t *Sender) Stats() SenderStats {
	s := SenderStats{
		Kind:                     t.kind.String(),
		PacketsSent:              t.stats.packets.Load(),
		BytesSent:                t.stats.bytes.Load(),
		FramesSent:               t.stats.frames.Load(),
		RetransmittedPacketsSent: t.stats.retransmitted.Load(),
		NACKCount:                t.stats.nacks.Load(),
		PLICount:                 t.stats.plis.Load(),
		FIRCount:                 t.stats.firs.Load(),
		FractionLost:             float64(t.stats.lost.Load()) / 256,
		Jitter:                   time.Duration(t.stats.jitter.Load()),
		RoundTripTime:            time.Duration(t.stats.rtt.Load()),
	}
	if sink, _ := t.bound(); sink != nil {
		s.Codec = sink.Codec().Name
	}
	if t.kind == webrtc.RTPCodecTypeVideo {
		s.TargetBitrate = t.o.Controller.Target()
	}
	return s
}

// senderStats count what was sent.
type senderStats struct {
	packets, bytes, frames  atomic.Uint64
	retransmitted           atomic.Uint64
	nacks, plis, firs       atomic.Uint64
	lost, jitter, rtt, remb atomic.Int64
}

// Report maps the timestamps of what was sent to the wall clock (RFC 3550
// §6.4.1). It is false before the first packet.
func (t *Sender) Report() (*rtcp.SenderReport, bool) {
	_, w := t.bound()
	sent := t.stats.packets.Load()
	if w == nil || sent == 0 {
		return nil, false
	}
	return &rtcp.SenderReport{
		SSRC: w.ssrc, NTPTime: NTP(time.Now()), RTPTime: t.timestamp(capture.Now(), w.clockRate),
		PacketCount: uint32(sent), OctetCount: uint32(t.stats.bytes.Load()),
	}, true
}
