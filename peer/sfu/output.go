package sfu

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/media"
)

// queueLength bounds the packets that wait for one receiver: a few frames of
// video, or some hundred milliseconds of a burst.
const queueLength = 512

// output forwards a source to one member. It is a webrtc.TrackLocal: pion
// binds it once a codec is agreed, and one goroutine then sends, until Unbind.
type output struct {
	publication *publication
	source      *source
	member      *Member
	wg          sync.WaitGroup // of the sending goroutine
	current     atomic.Pointer[layer]
	target      atomic.Pointer[layer]
	stats       outputStats

	mu     sync.Mutex
	bound  *binding // nil unless bound
	queue  []*packet
	gated  bool // the queue ran over: video waits for a key frame
	ready  chan struct{}
	spared []*packet // the memory of the queue before
}

// outputStats count what was sent.
type outputStats struct {
	packets, bytes, resent, overruns atomic.Uint64
}

// binding is what pion has bound an output to.
type binding struct {
	out        webrtc.TrackLocalWriter
	ssrc       uint32
	header     rtp.Header
	history    *media.History // of video, else nil
	extensions extensions
	stop       chan struct{}

	mu     sync.Mutex // of what reports read
	layer  *layer
	shift  uint32
	newest uint32
	at     time.Time
}

func newOutput(p *publication, m *Member) *output {
	o := &output{publication: p, source: p.source, member: m, ready: make(chan struct{}, 1)}
	o.gated = p.kind == webrtc.RTPCodecTypeVideo
	return o
}

// ID is the track's id within its MediaStream.
func (o *output) ID() string { return o.publication.kind.String() }

// RID is empty: a receiver gets one encoding.
func (o *output) RID() string { return "" }

// StreamID is the MediaStream's id.
func (o *output) StreamID() string { return o.publication.streamID }

// Kind is video or audio.
func (o *output) Kind() webrtc.RTPCodecType { return o.publication.kind }

// Connected does nothing: what comes before the receiver is connected is
// forwarded to nobody.
func (o *output) Connected() {}

// Bind finds the source's codec among the agreed ones, and begins to send.
func (o *output) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	params, ok := agreed(o.source.codec, ctx.CodecParameters())
	if !ok {
		return params, errors.New("sfu: " + media.ErrNoCodec.Error())
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bound != nil {
		return params, errors.New("sfu: the track is bound already")
	}
	b := &binding{
		out: ctx.WriteStream(), ssrc: uint32(ctx.SSRC()), stop: make(chan struct{}),
		header:     rtp.Header{Version: 2, SSRC: uint32(ctx.SSRC()), PayloadType: uint8(params.PayloadType)},
		extensions: newExtensions(o.source.extensions, ctx.HeaderExtensions()),
	}
	if o.Kind() == webrtc.RTPCodecTypeVideo {
		b.history = media.NewHistory(ctx, params, 0)
	}
	o.bound = b
	o.wg.Go(func() { o.send(b) })
	o.source.attach(o)
	if o.Kind() == webrtc.RTPCodecTypeVideo {
		for _, l := range *o.source.layers.Load() {
			l.keys.request()
		}
	}
	return params, nil
}

// agreed finds codec among those agreed with a receiver.
func agreed(codec webrtc.RTPCodecParameters, all []webrtc.RTPCodecParameters) (webrtc.RTPCodecParameters, bool) {
	var found webrtc.RTPCodecParameters
	ok := false
	for _, p := range all {
		if !strings.EqualFold(p.MimeType, codec.MimeType) || p.ClockRate != codec.ClockRate {
			continue
		}
		if p.SDPFmtpLine == codec.SDPFmtpLine {
			return p, true
		}
		if !ok {
			found, ok = p, true
		}
	}
	return found, ok
}

// Unbind ends the sending, soon.
func (o *output) Unbind(webrtc.TrackLocalContext) error {
	o.source.detach(o)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bound != nil {
		close(o.bound.stop)
		o.bound = nil
	}
	return nil
}

// Close ends the sending and waits for it. The second call does nothing.
func (o *output) Close() error {
	err := o.Unbind(nil)
	o.wg.Wait()
	return err
}

// push queues p and never blocks. It is called from the goroutine of p's
// layer. When the queue is full, the newest wins: of sound the oldest packets
// go, of video all, and those up to the next key frame.
func (o *output) push(p *packet) {
	current, target := o.current.Load(), o.target.Load()
	if p.layer != current && p.layer != target && (current != nil || target != nil) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	video := o.publication.kind == webrtc.RTPCodecTypeVideo
	if o.gated {
		if !p.key {
			p.layer.keys.request()
			return
		}
		o.gated = false
	}
	if len(o.queue) >= queueLength {
		o.stats.overruns.Add(1)
		if video {
			o.queue, o.gated = o.queue[:0], true
			p.layer.keys.request()
			return
		}
		o.queue = append(o.queue[:0], o.queue[queueLength/2:]...)
	}
	o.queue = append(o.queue, p)
	wake(o.ready)
}

// take returns what waits. It is the caller's until the next call.
func (o *output) take() []*packet {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.queue
	clear(o.spared)
	o.queue, o.spared = o.spared[:0], all
	return all
}

// send forwards what is queued until b is unbound.
func (o *output) send(b *binding) {
	w := &rewriter{clockRate: o.source.codec.ClockRate}
	var chosen time.Time
	for {
		select {
		case <-b.stop:
			return
		case <-o.ready:
		}
		for _, p := range o.take() {
			if p.at.Sub(chosen) >= measureEvery || o.target.Load() == nil {
				o.choose(w, p.at)
				chosen = p.at
			}
			o.forward(b, w, p)
		}
	}
}

// choose decides which layer is sent.
func (o *output) choose(w *rewriter, at time.Time) {
	layers := *o.source.layers.Load()
	budget := o.member.controller.Target()
	if o.Kind() == webrtc.RTPCodecTypeVideo {
		budget = o.member.budget()
	}
	c := choose(layers, budget, choice{w.layer, w.temporal}, at)
	if c.layer == nil {
		return
	}
	w.most = c.temporal
	if int32(c.temporal) == c.layer.rates.top.Load() {
		w.most = maxTemporal - 1 // and those that were not seen yet
	}
	if o.target.Swap(c.layer) != c.layer && c.layer != w.layer && o.Kind() == webrtc.RTPCodecTypeVideo {
		c.layer.keys.request()
	}
}

// forward sends p, if it belongs to what is sent.
func (o *output) forward(b *binding, w *rewriter, p *packet) {
	if target := o.target.Load(); p.layer != w.layer {
		if p.layer != target {
			return
		}
		if o.Kind() == webrtc.RTPCodecTypeVideo && !p.key {
			p.layer.keys.request()
			return
		}
		w.start(p.layer, p)
		o.current.Store(p.layer)
	}
	was := *w
	seq, timestamp, payload, ok := w.next(p)
	if !ok {
		return
	}
	h := &b.header
	h.SequenceNumber, h.Timestamp, h.Marker = seq, timestamp, p.Marker
	b.extensions.put(h, p.Packet, p.at)
	n, err := b.out.WriteRTP(h, payload)
	if n == 0 && err == nil && !was.begun {
		// Pion takes packets for nothing until it has the keys of SRTP.
		*w = was
		w.layer = nil
		o.current.Store(nil)
		if o.Kind() == webrtc.RTPCodecTypeVideo {
			p.layer.keys.request()
		}
		return
	}
	if b.history != nil {
		b.history.Add(seq, timestamp, p.Marker, payload)
	}
	o.stats.packets.Add(1)
	o.stats.bytes.Add(uint64(len(payload)))
	if b.history != nil {
		o.member.sent.Add(uint64(len(payload)))
	}
	b.note(w)
}

// note keeps what reports tell.
func (b *binding) note(w *rewriter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.layer, b.shift, b.newest, b.at = w.layer, w.shift, w.timestamp, w.at
}

// Report maps the timestamps of what was sent to the wall clock, by what the
// sender says of its own. It is false before the first packet.
func (o *output) Report() (*rtcp.SenderReport, bool) {
	o.mu.Lock()
	b := o.bound
	o.mu.Unlock()
	if b == nil {
		return nil, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.layer == nil {
		return nil, false
	}
	now := time.Now()
	timestamp, ok := b.layer.now(now)
	timestamp += b.shift
	if !ok {
		timestamp = b.newest + ticks(now.Sub(b.at), o.source.codec.ClockRate)
	}
	return &rtcp.SenderReport{
		SSRC: b.ssrc, NTPTime: media.NTP(now), RTPTime: timestamp,
		PacketCount: uint32(o.stats.packets.Load()), OctetCount: uint32(o.stats.bytes.Load()),
	}, true
}
