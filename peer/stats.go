package peer

import (
	"time"

	"github.com/pion/webrtc/v4"
)

// TrackStats is how one track fares, in the names and units of the W3C's
// webrtc-stats, but for times, which are Durations. Counts are since the
// connection began.
type TrackStats struct {
	// Stream is the number of the stream.
	Stream int
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

// Stats returns how the tracks that the remote watches fare, in the order of
// the streams and of their tracks.
func (r *Remote) Stats() []TrackStats {
	var all []TrackStats
	for _, o := range r.outgoings() {
		for _, t := range o.trackList() {
			all = append(all, t.report())
		}
	}
	return all
}

func (t *track) report() TrackStats {
	s := TrackStats{
		Stream:                   t.out.stream.id,
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
		s.TargetBitrate = t.remote.congestion.Target()
	}
	return s
}
