package peer

import (
	"context"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// reportEvery is how often the other side is told how what we send maps to
// the wall clock and what of its own has arrived (RFC 3550 §6.4), and the
// application how it goes.
const reportEvery = time.Second

// A track that sent fewer than fewPackets since its last report, as of a desktop
// that stands still, is reported only every restfulReports times.
const (
	fewPackets     = 10
	restfulReports = 5
)

// runReports reports until ctx is done. One clock ticks for all of a remote:
// a desktop may stand still for hours, with many watching.
func (r *Remote) runReports(ctx context.Context) {
	ticker := time.NewTicker(reportEvery)
	defer ticker.Stop()
	reported := map[*track]uint64{} // packets sent at the last report
	summaries := summarizer{remote: r}
	for tick := 1; ; tick++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		reports := r.senderReports(reported, tick%restfulReports == 0)
		if received := r.receptionReports(); len(received) > 0 {
			reports = append(reports, &rtcp.ReceiverReport{Reports: received})
		}
		if len(reports) > 0 {
			// What does not arrive is made good by the next.
			_ = r.pc.WriteRTCP(reports)
		}
		summaries.tell()
	}
}

// senderReports are those of the tracks that send, or of all when every is
// true. reported is what they had sent before.
func (r *Remote) senderReports(reported map[*track]uint64, every bool) []rtcp.Packet {
	var reports []rtcp.Packet
	for _, o := range r.outgoings() {
		for _, t := range o.trackList() {
			report, ok := t.Report()
			sent := t.Stats().PacketsSent
			if !ok || sent-reported[t] < fewPackets && !every {
				continue
			}
			reported[t] = sent
			reports = append(reports, report)
		}
	}
	return reports
}

// receptionReports are those of the tracks that came.
func (r *Remote) receptionReports() []rtcp.ReceptionReport {
	var reports []rtcp.ReceptionReport
	for _, in := range r.inboundTracks() {
		if report, ok := in.Report(); ok {
			reports = append(reports, report)
		}
	}
	return reports
}

// inboundTracks are the tracks that we watch.
func (r *Remote) inboundTracks() []*InboundTrack {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []*InboundTrack
	for _, s := range r.in {
		s.mu.Lock()
		for _, in := range s.tracks {
			all = append(all, in)
		}
		s.mu.Unlock()
	}
	return all
}

// StatsSummary is the event that says, once a second, how a stream fares: one
// that we watch, or one that a remote watches.
type StatsSummary struct {
	Remote *Remote
	// Stream is the number of the stream, and Watching whether it is the
	// remote's, that we watch.
	Stream   int
	Watching bool
	// Window is the time that the rest is about.
	Window time.Duration
	// Latency is half the round trip, or zero while that is not known.
	Latency time.Duration
	// VideoTarget is what the rate control allows, in bits a second; known to
	// the publisher alone.
	VideoTarget int
	// VideoThroughput and AudioThroughput are in bits a second.
	VideoThroughput, AudioThroughput int
	// InputEvents is how many messages of input went to the publisher, and
	// CursorEvents of the pointer to the viewer.
	InputEvents, CursorEvents int
}

// summarizer makes the summaries of one remote.
type summarizer struct {
	remote *Remote
	at     time.Time
	before map[summaryKey]summaryCounts
}

type summaryKey struct {
	stream   int
	watching bool
}

type summaryCounts struct{ video, audio, input, cursor uint64 }

// tell emits the summaries, if anybody listens.
func (z *summarizer) tell() {
	if !heard[StatsSummary](z.remote.peer) {
		z.before = nil
		return
	}
	now := time.Now()
	window := now.Sub(z.at)
	z.at = now
	counts := z.remote.counts()
	for key, c := range counts {
		before, ok := z.before[key]
		if !ok {
			continue
		}
		rate := func(now, before uint64) int { return int(float64(now-before) * 8 / window.Seconds()) }
		s := StatsSummary{
			Remote: z.remote, Stream: key.stream, Watching: key.watching, Window: window,
			VideoThroughput: rate(c.video, before.video), AudioThroughput: rate(c.audio, before.audio),
			InputEvents: int(c.input - before.input), CursorEvents: int(c.cursor - before.cursor),
		}
		if key.watching {
			_, rtt, _ := z.remote.Clock()
			s.Latency = rtt / 2
		} else {
			s.VideoTarget = z.remote.congestion.Target()
			s.Latency = z.remote.roundTrip() / 2
		}
		Emit(z.remote.peer, s)
	}
	z.before = counts
}

// counts are the counts since the beginning.
func (r *Remote) counts() map[summaryKey]summaryCounts {
	all := map[summaryKey]summaryCounts{}
	for _, o := range r.outgoings() {
		c := summaryCounts{input: o.inputs.Load(), cursor: o.cursor.sent.Load()}
		for _, t := range o.trackList() {
			c.add(t.Kind(), t.Stats().BytesSent)
		}
		all[summaryKey{o.stream.id, false}] = c
	}
	for id, s := range r.Streams() {
		c := summaryCounts{input: s.sending.sent.Load(), cursor: s.sending.cursors.Load()}
		s.mu.Lock()
		for kind, in := range s.tracks {
			c.add(kind, in.Bytes())
		}
		s.mu.Unlock()
		all[summaryKey{id, true}] = c
	}
	return all
}

func (c *summaryCounts) add(kind webrtc.RTPCodecType, bytes uint64) {
	if kind == webrtc.RTPCodecTypeVideo {
		c.video += bytes
	} else {
		c.audio += bytes
	}
}

// roundTrip is that of the last report about a track of ours, or zero.
func (r *Remote) roundTrip() time.Duration {
	for _, o := range r.outgoings() {
		for _, t := range o.trackList() {
			if rtt := t.Stats().RoundTripTime; rtt > 0 {
				return rtt
			}
		}
	}
	return 0
}
