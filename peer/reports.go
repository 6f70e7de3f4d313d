package peer

import (
	"context"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/capture"
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
			_, w := t.bound()
			sent := t.stats.packets.Load()
			if w == nil || sent == 0 || sent-reported[t] < fewPackets && !every {
				continue
			}
			reported[t] = sent
			reports = append(reports, &rtcp.SenderReport{
				SSRC: w.ssrc, NTPTime: ntp(time.Now()), RTPTime: t.timestamp(capture.Now(), w.clockRate),
				PacketCount: uint32(sent), OctetCount: uint32(t.stats.bytes.Load()),
			})
		}
	}
	return reports
}

// receptionReports are those of the tracks that came.
func (r *Remote) receptionReports() []rtcp.ReceptionReport {
	var reports []rtcp.ReceptionReport
	for _, in := range r.inboundTracks() {
		if report, ok := in.received.report(); ok {
			report.SSRC = uint32(in.track.SSRC())
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

// reception counts what arrives of one source, for its sender (RFC 3550
// appendices A.1, A.3 and A.8). The zero value is ready.
type reception struct {
	mu       sync.Mutex
	begun    bool
	first    uint32 // extended sequence numbers
	highest  uint32
	received uint64
	bytes    uint64
	transit  int64 // in units of the RTP timestamp
	jitter   float64

	expectedBefore, receivedBefore uint64
}

// packet counts one that arrived, or was sent again.
func (c *reception) packet(p *rtp.Packet, now time.Time, clockRate uint32, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += uint64(len(p.Payload))
	if again {
		return
	}
	seq := uint32(p.SequenceNumber)
	transit := now.UnixMicro()*int64(clockRate)/1e6 - int64(p.Timestamp)
	if !c.begun {
		c.begun, c.first, c.highest, c.transit = true, seq, seq, transit
	}
	if ahead := int16(p.SequenceNumber - uint16(c.highest)); ahead > 0 {
		c.highest += uint32(ahead)
	}
	c.received++
	// The timestamp wraps: the difference does so with it.
	d := float64(int32(transit - c.transit))
	c.transit = transit
	c.jitter += (max(d, -d) - c.jitter) / 16
}

// report is what to tell the sender, without its SSRC. It is false before the
// first packet.
func (c *reception) report() (rtcp.ReceptionReport, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.begun {
		return rtcp.ReceptionReport{}, false
	}
	expected := uint64(c.highest-c.first) + 1
	lost := int64(expected) - int64(c.received)
	interval := int64(expected - c.expectedBefore)
	missing := interval - int64(c.received-c.receivedBefore)
	c.expectedBefore, c.receivedBefore = expected, c.received
	report := rtcp.ReceptionReport{
		LastSequenceNumber: c.highest,
		TotalLost:          uint32(min(max(lost, 0), 1<<23-1)),
		Jitter:             uint32(c.jitter),
	}
	if interval > 0 && missing > 0 {
		report.FractionLost = uint8(min(missing*256/interval, 255))
	}
	return report, true
}

func (c *reception) count() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
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
			c.add(t.kind, t.stats.bytes.Load())
		}
		all[summaryKey{o.stream.id, false}] = c
	}
	for id, s := range r.Streams() {
		c := summaryCounts{input: s.sending.sent.Load(), cursor: s.sending.cursors.Load()}
		s.mu.Lock()
		for kind, in := range s.tracks {
			c.add(kind, in.received.count())
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
			if rtt := t.stats.rtt.Load(); rtt > 0 {
				return time.Duration(rtt)
			}
		}
	}
	return 0
}
