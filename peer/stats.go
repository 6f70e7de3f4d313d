package peer

import "time"

// TrackStats is how one track fares, in the names and units of the W3C's
// webrtc-stats, but for times, which are Durations. Counts are since the
// connection began.
type TrackStats struct {
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

// Stats returns how the tracks to a viewer fare, in the order of
// [Options.Streams].
func (r *Remote) Stats() []TrackStats {
	var all []TrackStats
	for _, t := range r.tracks {
		s := TrackStats{
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
		if s.Kind == "video" {
			s.TargetBitrate = r.congestion.Target()
		}
		all = append(all, s)
	}
	return all
}
