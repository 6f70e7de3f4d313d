package peer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/streams"
)

// heldChunks bounds what a track keeps for a viewer that is still connecting.
const heldChunks = 16

// track sends one track of a stream to one remote. It is a webrtc.TrackLocal:
// pion binds it once a codec is agreed, and one goroutine then sends until
// Unbind.
type track struct {
	remote *Remote
	out    *outgoing
	kind   webrtc.RTPCodecType
	base   uint32            // the RTP timestamp of time 0 on the clock of capture.Now
	sender *webrtc.RTPSender // set once it is added

	ready   chan struct{} // closed once the remote is connected
	onReady sync.Once
	stats   trackStats

	mu     sync.Mutex
	stream *streams.Track
	sink   *streams.Sink // nil unless bound
	wire   *wire
}

// trackStats count what was sent, in the words of webrtc-stats.
type trackStats struct {
	packets, bytes, frames  atomic.Uint64
	retransmitted           atomic.Uint64
	nacks, plis, firs       atomic.Uint64
	lost, jitter, rtt, remb atomic.Int64
}

func newTrack(o *outgoing, s *streams.Track) *track {
	return &track{remote: o.remote, out: o, stream: s, kind: kindOf(s.Codecs()[0]), base: rand.Uint32(), ready: make(chan struct{})}
}

// ID is the track's id within its MediaStream.
func (t *track) ID() string { return t.kind.String() }

// RID is empty: there is no simulcast.
func (t *track) RID() string { return "" }

// StreamID is the MediaStream's id. Each track has its own: a browser delays
// the picture to match sound that is in the same.
func (t *track) StreamID() string { return mediaStreamID(t.out.stream.id, t.kind) }

// Kind is video or audio.
func (t *track) Kind() webrtc.RTPCodecType { return t.kind }

const mediaStreamPrefix = "causeway-"

func mediaStreamID(stream int, kind webrtc.RTPCodecType) string {
	return mediaStreamPrefix + strconv.Itoa(stream) + "-" + kind.String()
}

// parseMediaStreamID reads the number of a stream out of the id of one of its
// MediaStreams.
func parseMediaStreamID(id string) (stream int, ok bool) {
	number, kind, found := strings.Cut(strings.TrimPrefix(id, mediaStreamPrefix), "-")
	stream, err := strconv.Atoi(number)
	return stream, found && err == nil && stream > 0 && mediaStreamID(stream, webrtc.NewRTPCodecType(kind)) == id
}

// name is what the remote knows it as.
func (t *track) name() string { return trackName(t.out.stream.id, t.kind) }

// trackName is how pongs name a track.
func trackName(stream int, kind webrtc.RTPCodecType) string {
	return strconv.Itoa(stream) + "/" + kind.String()
}

// source is the track that it sends.
func (t *track) source() *streams.Track {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stream
}

// Bind takes the first agreed codec that the stream offers, attaches to the
// stream, and starts to send.
func (t *track) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	codec, params, err := t.choose(ctx.CodecParameters())
	if err != nil {
		return webrtc.RTPCodecParameters{}, err
	}
	if t.sink != nil {
		return webrtc.RTPCodecParameters{}, errors.New("peer: the track is bound already")
	}
	if err := t.attach(codec); err != nil {
		return webrtc.RTPCodecParameters{}, err
	}
	t.wire = newWire(ctx, params, &t.stats)
	wire := t.wire
	t.remote.wg.Go(func() { t.send(t.remote.ctx, codec, wire) })
	return params, nil
}

// attach begins to take t.stream in codec. The caller holds mu.
func (t *track) attach(codec encode.Codec) error {
	sink, err := t.stream.Attach(codec, t.remote.Viewer())
	if err != nil {
		return err
	}
	if t.kind == webrtc.RTPCodecTypeVideo {
		sink.SetBitrate(t.remote.congestion.Target())
	}
	t.sink = sink
	return nil
}

// choose finds the codec to send, and its parameters in SDP. The caller holds
// mu.
func (t *track) choose(agreed []webrtc.RTPCodecParameters) (encode.Codec, webrtc.RTPCodecParameters, error) {
	for _, c := range t.stream.Codecs() {
		for _, params := range agreed {
			if params.MimeType == c.MIMEType && newPayloader(c) != nil {
				return c, params, nil
			}
		}
	}
	return encode.Codec{}, webrtc.RTPCodecParameters{}, &Reject{Code: CodeCodec, Message: "no " + t.kind.String() + " codec in common"}
}

// replace sends another track from its next key frame on, in the codec that
// is agreed. It reports false when the other is not offered in that.
func (t *track) replace(s *streams.Track) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sink == nil {
		// Not bound yet: Bind will find a codec, or there is none.
		t.stream = s
		return true
	}
	before, stream := t.sink, t.stream
	t.stream = s
	if err := t.attach(before.Codec()); err != nil {
		t.stream, t.sink = stream, before
		return false
	}
	before.Close() // and send goes on with the new one
	return true
}

// Unbind detaches from the stream. The sending goroutine ends soon.
func (t *track) Unbind(webrtc.TrackLocalContext) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sink != nil {
		t.sink.Close()
		t.sink, t.wire = nil, nil
	}
	return nil
}

// connected lets the track send.
func (t *track) connected() { t.onReady.Do(func() { close(t.ready) }) }

// bound returns what the track sends with, or nil.
func (t *track) bound() (*streams.Sink, *wire) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sink, t.wire
}

// send writes the chunks of one sink after another until the track is unbound
// or ctx is done. A sink never waits for this: it throws away what comes too
// late.
func (t *track) send(ctx context.Context, codec encode.Codec, w *wire) {
	for {
		t.mu.Lock()
		sink, stream := t.sink, t.stream
		t.mu.Unlock()
		if sink == nil || ctx.Err() != nil {
			return
		}
		packs := t.remote.peer.packs.get(stream, codec)
		t.sendFrom(ctx, sink, packs, w)
		t.remote.peer.packs.put(stream, codec)
		if now, _ := t.bound(); now == sink {
			sink.Close()
			return
		}
	}
}

func (t *track) sendFrom(ctx context.Context, sink *streams.Sink, packs *packetizer, w *wire) {
	for _, c := range t.hold(ctx, sink) {
		t.write(ctx, w, packs, c)
	}
	for {
		c, err := sink.Next(ctx)
		if err != nil {
			return
		}
		t.write(ctx, w, packs, c)
	}
}

// hold takes chunks while the remote connects, so that the stream is warm and
// its first picture at hand when it is. It returns the newest key frame and
// all that came after it; if that became too much, nothing, and a key frame
// is then on its way.
func (t *track) hold(ctx context.Context, sink *streams.Sink) []*encode.Chunk {
	wait, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	t.remote.wg.Go(func() {
		select {
		case <-t.ready:
		case <-wait.Done():
		case <-stop:
		}
		cancel()
	})
	var held []*encode.Chunk
	complete := true
	for {
		c, err := sink.Next(wait)
		if err != nil {
			break
		}
		switch {
		case t.kind == webrtc.RTPCodecTypeAudio: // old sound is worth nothing
		case c.Key:
			held, complete = append(held[:0], c), true
		case len(held) >= heldChunks:
			held, complete = held[:0], false
		case complete:
			held = append(held, c)
		}
	}
	if !complete {
		sink.RequestKeyframe()
		return t.skipToKey(ctx, sink)
	}
	return held
}

// skipToKey waits for the next key frame.
func (t *track) skipToKey(ctx context.Context, sink *streams.Sink) []*encode.Chunk {
	for {
		c, err := sink.Next(ctx)
		if err != nil {
			return nil
		}
		if c.Key {
			return []*encode.Chunk{c}
		}
	}
}

func (t *track) write(ctx context.Context, w *wire, packs *packetizer, c *encode.Chunk) {
	at := c.Time
	if t.kind == webrtc.RTPCodecTypeAudio {
		at = w.steady(c)
	}
	w.writeFrame(ctx, packs.payloads(c), t.timestamp(at, w.clockRate))
	t.stats.frames.Add(1)
	if t.kind == webrtc.RTPCodecTypeVideo {
		t.out.resized(c.Width, c.Height)
	}
}

// timestamp is the RTP timestamp of time d on the clock of capture.Now.
func (t *track) timestamp(d time.Duration, clockRate uint32) uint32 {
	return t.base + uint32(d.Microseconds()*int64(clockRate)/1e6)
}

// wire writes the RTP packets of a bound track. One goroutine writes frames;
// another may resend.
type wire struct {
	out       webrtc.TrackLocalWriter
	stats     *trackStats
	ssrc      uint32
	clockRate uint32
	header    rtp.Header
	sendTime  *[3]byte // the abs-send-time extension of header, or nil
	history   *history

	open bool          // a packet has left
	due  time.Duration // when the next sound is due, if it follows the last
}

const (
	// openEvery is how often the first packet is tried until it leaves.
	openEvery = time.Millisecond
	// tremble is how far sound may be from when it is due and still follow
	// what came before: less than a frame, of which none may be left out.
	tremble = 8 * time.Millisecond
)

// zeroDelay is the playout-delay extension of 0 to 0 ms.
var zeroDelay = [3]byte{}

func newWire(ctx webrtc.TrackLocalContext, params webrtc.RTPCodecParameters, stats *trackStats) *wire {
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
		case playoutDelayURI:
			delayID = uint8(e.ID)
		case absSendTimeURI:
			timeID = uint8(e.ID)
		}
	}
	if params.ClockRate == 90000 { // video
		setExtension(&w.header, delayID, zeroDelay[:])
		if timeID != 0 {
			w.sendTime = &[3]byte{}
			setExtension(&w.header, timeID, w.sendTime[:])
		}
		w.history = newHistory(ctx, params, delayID, w.out)
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
// the marker. What cannot be written is lost, as on any network.
func (w *wire) writeFrame(ctx context.Context, payloads [][]byte, timestamp uint32) {
	w.header.Timestamp = timestamp
	if w.sendTime != nil {
		putSendTime(w.sendTime, time.Now())
	}
	var bytes, sent uint64
	for i, payload := range payloads {
		w.header.Marker = i == len(payloads)-1
		w.header.SequenceNumber++
		if w.history != nil {
			w.history.add(w.header.SequenceNumber, timestamp, w.header.Marker, payload)
		}
		if err := w.writePacket(ctx, payload); err != nil {
			continue
		}
		sent++
		bytes += uint64(len(payload))
	}
	w.stats.packets.Add(sent)
	w.stats.bytes.Add(bytes)
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

// putSendTime writes t in seconds as 6.18 bits fixed point, as the extension
// abs-send-time has it.
func putSendTime(b *[3]byte, t time.Time) {
	v := uint32(ntp(t) >> 14)
	b[0], b[1], b[2] = byte(v>>16), byte(v>>8), byte(v)
}

// ntp is t in the format of RFC 5905 §6: seconds since 1900, 32.32 bits.
func ntp(t time.Time) uint64 {
	const toUnix = 2208988800
	return uint64(t.Unix()+toUnix)<<32 | uint64(t.Nanosecond())<<32/1e9
}

// String names the track in logs.
func (t *track) String() string { return fmt.Sprintf("%s/%s", t.out.stream.Name(), t.kind) }
