package media

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/peer/congestion"
	"github.com/causeway-rtc/causeway/streams"
)

// heldChunks bounds what a track keeps for a viewer that is still connecting.
const heldChunks = 16

// SenderOptions says what a [Sender] is to whom.
type SenderOptions struct {
	// StreamID is the id of the MediaStream that the track is in.
	StreamID string
	// Viewer is the id that the stream's sinks have for the receiver.
	Viewer string
	// Controller says what the way to the receiver carries.
	Controller congestion.Controller
	// Packetizers are shared by all Senders of a peer.
	Packetizers *Packetizers
	// Codecs are those that may be sent. Nil means all that the track has.
	Codecs []encode.Codec
	// Resized, when not nil, is told with each frame of video, as it is sent,
	// the size in pixels of what is captured; that of the frame may be
	// smaller. It must not block.
	Resized func(width, height int)
}

// Sender sends one track of a stream to one receiver. It is a
// webrtc.TrackLocal: pion binds it once a codec is agreed, and one goroutine
// then sends, until Unbind or Close.
type Sender struct {
	o      SenderOptions
	kind   webrtc.RTPCodecType
	base   uint32 // the RTP timestamp of time 0 on the clock of capture.Now
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup // of the sending goroutine

	ready   chan struct{} // closed once the receiver is connected
	onReady sync.Once
	stats   senderStats

	mu     sync.Mutex
	stream *streams.Track
	sink   *streams.Sink // nil unless bound
	view   streams.View
	wire   *wire
}

// NewSender makes a sender of s, which offers one codec at least.
func NewSender(s *streams.Track, o SenderOptions) *Sender {
	t := &Sender{o: o, stream: s, kind: KindOf(s.Codecs()[0]), base: rand.Uint32(), ready: make(chan struct{})}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// ID is the track's id within its MediaStream.
func (t *Sender) ID() string { return t.kind.String() }

// RID is empty: there is no simulcast.
func (t *Sender) RID() string { return "" }

// StreamID is the MediaStream's id.
func (t *Sender) StreamID() string { return t.o.StreamID }

// Kind is video or audio.
func (t *Sender) Kind() webrtc.RTPCodecType { return t.kind }

// Base is the RTP timestamp of time 0 on the clock of capture.Now.
func (t *Sender) Base() uint32 { return t.base }

// Source is the track that it sends.
func (t *Sender) Source() *streams.Track {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stream
}

// ErrNoCodec is wrapped by the error of binding a track that the receiver takes
// in none of its codecs.
var ErrNoCodec = errors.New("no codec in common")

// Bind takes the first agreed codec that the stream offers, attaches to the
// stream, and starts to send.
func (t *Sender) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	codec, params, err := t.choose(ctx.CodecParameters())
	if err != nil {
		return webrtc.RTPCodecParameters{}, err
	}
	if t.sink != nil {
		return webrtc.RTPCodecParameters{}, errors.New("media: the track is bound already")
	}
	if err := t.attach(codec); err != nil {
		return webrtc.RTPCodecParameters{}, err
	}
	t.wire = newWire(ctx, params, &t.stats)
	wire := t.wire
	t.wg.Go(func() { t.send(t.ctx, codec, wire) })
	return params, nil
}

// attach begins to take t.stream in codec. The caller holds mu.
func (t *Sender) attach(codec encode.Codec) error {
	sink, err := t.stream.Attach(codec, t.o.Viewer)
	if err != nil {
		return err
	}
	if t.kind == webrtc.RTPCodecTypeVideo {
		sink.SetBitrate(t.o.Controller.Target())
		sink.SetView(t.view)
	}
	t.sink = sink
	return nil
}

// SetView says how the receiver shows the picture: see [streams.Sink.SetView].
func (t *Sender) SetView(v streams.View) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.view = v; t.sink != nil {
		t.sink.SetView(v)
	}
}

// choose finds the codec to send, and its parameters in SDP. The caller holds
// mu.
func (t *Sender) choose(agreed []webrtc.RTPCodecParameters) (encode.Codec, webrtc.RTPCodecParameters, error) {
	codecs := t.stream.Codecs()
	if t.o.Codecs != nil {
		codecs = common(codecs, t.o.Codecs)
	}
	if c, params, ok := agree(codecs, agreed); ok {
		return c, params, nil
	}
	return encode.Codec{}, webrtc.RTPCodecParameters{}, fmt.Errorf("media: %s: %w", t.kind, ErrNoCodec)
}

// Replace sends another track from its next key frame on, in the codec that
// is agreed. It reports false when the other is not offered in that.
func (t *Sender) Replace(s *streams.Track) bool {
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
func (t *Sender) Unbind(webrtc.TrackLocalContext) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sink != nil {
		t.sink.Close()
		t.sink, t.wire = nil, nil
	}
	return nil
}

// Connected lets the track send: the receiver is connected.
func (t *Sender) Connected() { t.onReady.Do(func() { close(t.ready) }) }

// Close ends the sending and waits for it. The second call does nothing.
func (t *Sender) Close() error {
	t.cancel()
	_ = t.Unbind(nil)
	t.wg.Wait()
	return nil
}

// RequestKeyframe asks the stream for a key frame.
func (t *Sender) RequestKeyframe() {
	if sink, _ := t.bound(); sink != nil {
		sink.RequestKeyframe()
	}
}

// bound returns what the track sends with, or nil.
func (t *Sender) bound() (*streams.Sink, *wire) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sink, t.wire
}

// send writes the chunks of one sink after another until the track is unbound
// or ctx is done. A sink never waits for this: it throws away what comes too
// late.
func (t *Sender) send(ctx context.Context, codec encode.Codec, w *wire) {
	for {
		t.mu.Lock()
		sink, stream := t.sink, t.stream
		t.mu.Unlock()
		if sink == nil || ctx.Err() != nil {
			return
		}
		packs := t.o.Packetizers.get(stream, codec)
		t.sendFrom(ctx, sink, packs, w)
		t.o.Packetizers.put(stream, codec)
		if now, _ := t.bound(); now == sink {
			sink.Close()
			return
		}
	}
}

func (t *Sender) sendFrom(ctx context.Context, sink *streams.Sink, packs *packetizer, w *wire) {
	for _, c := range t.hold(ctx, sink) {
		t.write(ctx, sink, w, packs, c)
	}
	for {
		c, err := sink.Next(ctx)
		if err != nil {
			return
		}
		t.write(ctx, sink, w, packs, c)
	}
}

// hold takes chunks while the remote connects, so that the stream is warm and
// its first picture at hand when it is. It returns the newest key frame and
// all that came after it, or the next key frame if that became too much; and
// nothing when the sink ends first: who has not agreed to the track must not
// hear of it.
func (t *Sender) hold(ctx context.Context, sink *streams.Sink) []*encode.Chunk {
	wait, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	t.wg.Go(func() {
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
	select {
	case <-t.ready:
	default:
		return nil
	}
	if !complete {
		sink.RequestKeyframe()
		return t.skipToKey(ctx, sink)
	}
	return held
}

// skipToKey waits for the next key frame.
func (t *Sender) skipToKey(ctx context.Context, sink *streams.Sink) []*encode.Chunk {
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

func (t *Sender) write(ctx context.Context, sink *streams.Sink, w *wire, packs *packetizer, c *encode.Chunk) {
	at := c.Time
	if t.kind == webrtc.RTPCodecTypeAudio {
		at = w.steady(c)
	}
	w.writeFrame(ctx, packs.payloads(c), t.timestamp(at, w.clockRate), sink.Waiting)
	t.stats.frames.Add(1)
	if t.kind == webrtc.RTPCodecTypeVideo && t.o.Resized != nil {
		w, h := t.Source().Size()
		t.o.Resized(w, h)
	}
}

// Timestamp is the RTP timestamp of a frame that was captured at a time on the
// clock of capture.Now.
func (t *Sender) Timestamp(at time.Duration) uint32 {
	return t.timestamp(at, uint32(t.Source().Codecs()[0].ClockRate))
}

// timestamp is the RTP timestamp of time d on the clock of capture.Now.
func (t *Sender) timestamp(d time.Duration, clockRate uint32) uint32 {
	return t.base + uint32(d.Microseconds()*int64(clockRate)/1e6)
}
