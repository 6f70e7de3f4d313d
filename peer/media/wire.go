package media

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode"
)

// wire writes the RTP packets of a bound track. One goroutine writes frames;
// another may resend.
type wire struct {
	out       webrtc.TrackLocalWriter
	stats     *senderStats
	ssrc      uint32
	clockRate uint32
	header    rtp.Header
	sendTime  *[3]byte // the abs-send-time extension of header, or nil
	history   *History

	open bool          // a packet has left
	due  time.Duration // when the next sound is due, if it follows the last
}

const (
	// firstBurst packets leave at once: a frame of 20 Mbit/s at 60 a second.
	// What is left of a larger one follows in mostPauses bursts at most,
	// burstPause apart: half of the time until the next frame.
	firstBurst = 36
	leastBurst = 12
	mostPauses = 8
	burstPause = time.Millisecond
	// openEvery is how often the first packet is tried until it leaves.
	openEvery = time.Millisecond
	// tremble is how far sound may be from when it is due and still follow
	// what came before: less than a frame, of which none may be left out.
	tremble = 8 * time.Millisecond
)

// zeroDelay is the playout-delay extension of 0 to 0 ms.
var zeroDelay = [3]byte{}

func newWire(ctx webrtc.TrackLocalContext, params webrtc.RTPCodecParameters, stats *senderStats) *wire {
	w := &wire{
		out: ctx.WriteStream(), stats: stats,
		ssrc: uint32(ctx.SSRC()), clockRate: params.ClockRate,
		header: rtp.Header{
			Version: 2, SSRC: uint32(ctx.SSRC()), PayloadType: uint8(params.PayloadType),
			SequenceNumber: uint16(rand.Uint32()),
		},
	}
	delayID, timeID := uint8(0), uint8(0)
	for _, e := range ctx.HeaderExtensions() {
		switch e.URI {
		case PlayoutDelayURI:
			delayID = uint8(e.ID)
		case AbsSendTimeURI:
			timeID = uint8(e.ID)
		}
	}
	if params.ClockRate == 90000 { // video
		setExtension(&w.header, delayID, zeroDelay[:])
		if timeID != 0 {
			w.sendTime = &[3]byte{}
			setExtension(&w.header, timeID, w.sendTime[:])
		}
		w.history = NewHistory(ctx, params, delayID)
	}
	return w
}

// setExtension adds a short extension to h. id is zero when it is not agreed.
func setExtension(h *rtp.Header, id uint8, payload []byte) {
	if id != 0 {
		// It fails only for ids and lengths that one-byte headers have not.
		_ = h.SetExtension(id, payload)
	}
}

// steady is when the sound of c began, without the tremble of its capture: a
// receiver takes each gap for a loss, and conceals it.
func (w *wire) steady(c *encode.Chunk) time.Duration {
	if (c.Time - w.due).Abs() > tremble {
		w.due = c.Time
	}
	at := w.due
	w.due += c.Duration
	return at
}

// writeFrame writes the payloads as packets of one timestamp, the last with
// the marker: at once when they are few, else spread over some time, unless
// waiting says that another frame has come. What cannot be written is lost, as
// on any network.
func (w *wire) writeFrame(ctx context.Context, payloads [][]byte, timestamp uint32, waiting func() bool) {
	w.header.Timestamp = timestamp
	var bytes, sent uint64
	for rest := payloads; len(rest) > 0; {
		if w.sendTime != nil {
			PutSendTime(w.sendTime, time.Now())
		}
		n := burst(len(payloads), len(payloads)-len(rest))
		if waiting() {
			n = len(rest)
		}
		for i, payload := range rest[:n] {
			w.header.Marker = i == len(rest)-1
			w.header.SequenceNumber++
			if w.history != nil {
				w.history.Add(w.header.SequenceNumber, timestamp, w.header.Marker, payload)
			}
			if err := w.writePacket(ctx, payload); err != nil {
				continue
			}
			sent++
			bytes += uint64(len(payload))
		}
		if rest = rest[n:]; len(rest) > 0 && sleep(ctx, burstPause) != nil {
			break
		}
	}
	w.stats.packets.Add(sent)
	w.stats.bytes.Add(bytes)
}

// burst is how many of the packets of a frame leave together, when some have
// left before. Switches and access points lose what comes faster than they
// pass it on and is longer than their queues, so a frame of many packets, which
// a key frame is, leaves in bursts with pauses between.
func burst(all, before int) int {
	if before == 0 {
		return min(all, firstBurst)
	}
	return min(all-before, max(leastBurst, (all-firstBurst+mostPauses-1)/mostPauses))
}

// writePacket writes one packet. Pion tells of a connection before it has the
// keys of SRTP, and until then takes packets for nothing, without an error:
// the first is tried until it leaves, for it begins a key frame.
func (w *wire) writePacket(ctx context.Context, payload []byte) error {
	for {
		n, err := w.out.WriteRTP(&w.header, payload)
		if n > 0 {
			w.open = true
		}
		if w.open || err != nil {
			return err
		}
		if err := sleep(ctx, openEvery); err != nil {
			return err
		}
	}
}

// sleep waits for d, or returns the error of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// PutSendTime writes t in seconds as 6.18 bits fixed point, as the extension
// abs-send-time has it.
func PutSendTime(b *[3]byte, t time.Time) {
	v := uint32(NTP(t) >> 14)
	b[0], b[1], b[2] = byte(v>>16), byte(v>>8), byte(v)
}

// NTP is t in the format of RFC 5905 §6: seconds since 1900, 32.32 bits.
func NTP(t time.Time) uint64 {
	const toUnix = 2208988800
	return uint64(t.Unix()+toUnix)<<32 | uint64(t.Nanosecond())<<32/1e9
}
