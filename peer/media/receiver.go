package media

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

const (
	// inboundQueue bounds the chunks that wait for Next. When there are more,
	// the oldest are dropped up to a key frame, or for sound one by one.
	inboundQueue = 32
	// pliEvery is the least time between two requests for a key frame.
	pliEvery = 250 * time.Millisecond
)

// Chunk is an [encode.Chunk] that came over the network. Time is when the
// host captured it, on our clock of capture.Now, once that is known; until
// then it is when it arrived.
type Chunk struct {
	encode.Chunk
	// Timestamp is the RTP timestamp.
	Timestamp uint32
	// First and Arrived are when its first and last packet arrived, on the
	// clock of capture.Now.
	First, Arrived time.Duration
	// Lost is true when chunks before it were lost or dropped. Of video it is
	// then a key frame.
	Lost bool
}

// ReceiverOptions says how a [Receiver] talks to its sender.
type ReceiverOptions struct {
	// WriteRTCP sends feedback.
	WriteRTCP func([]rtcp.Packet) error
	// RoundTrip is how long a packet that is asked for takes to come. Nil
	// means that nobody knows.
	RoundTrip func() time.Duration
	// Captured is when, on our clock of capture.Now, the sender captured what
	// has an RTP timestamp, near now; false while that is not known. Nil means
	// that it never is.
	Captured func(clockRate, timestamp uint32, now time.Duration) (time.Duration, bool)
}

// Receiver is a track that comes over the network.
type Receiver struct {
	*Packets
	codec     encode.Codec
	clockRate uint32
	frames    assembler
	queue     chunkQueue
	lastPLI   atomic.Int64 // on the clock of capture.Now
	broken    bool         // video waits for a key frame
	lost      bool         // the next chunk follows a loss
}

// NewReceiver makes a receiver of t, which is in codec. Run reads it.
func NewReceiver(t *webrtc.TrackRemote, codec encode.Codec, o ReceiverOptions) *Receiver {
	in := &Receiver{
		Packets: NewPackets(t, o), codec: codec, clockRate: t.Codec().ClockRate,
		broken: t.Kind() == webrtc.RTPCodecTypeVideo,
	}
	in.frames.depacketizer = newDepacketizer(codec)
	in.queue.init(t.Kind() == webrtc.RTPCodecTypeVideo)
	return in
}

// newDepacketizer is the reader of a codec's RTP payload format. Opus needs
// none, which is what it returns for others too.
func newDepacketizer(c encode.Codec) rtp.Depacketizer {
	switch c.MIMEType {
	case encode.H264.MIMEType:
		return &codecs.H264Packet{}
	case encode.VP8.MIMEType:
		return &codecs.VP8Packet{}
	case encode.VP9.MIMEType:
		return &codecs.VP9Packet{}
	case encode.AV1.MIMEType:
		return &av1Depacketizer{}
	}
	return &codecs.OpusPacket{}
}

// Kind is video or audio.
func (in *Receiver) Kind() webrtc.RTPCodecType { return in.track.Kind() }

// Codec is what the chunks are encoded as.
func (in *Receiver) Codec() encode.Codec { return in.codec }

// Next blocks until the next whole chunk; chunks come in order. Of video the
// first, and the first after a loss, is a key frame. The chunk belongs to the
// caller. A reader that falls behind misses chunks. After the connection
// ended the error wraps [net.ErrClosed]. One goroutine calls it.
func (in *Receiver) Next(ctx context.Context) (*Chunk, error) {
	c, err := in.queue.next(ctx)
	if err != nil {
		return nil, fmt.Errorf("media: %s: %w", in.track.Kind(), err)
	}
	return c, nil
}

// RequestKeyframe asks the host for one, if that was not done just now.
func (in *Receiver) RequestKeyframe() {
	now, last := int64(capture.Now()), in.lastPLI.Load()
	if last != 0 && now-last < int64(pliEvery) || !in.lastPLI.CompareAndSwap(last, now) {
		return
	}
	// A lost one is made good by the next.
	_ = in.o.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(in.track.SSRC())}})
}

// Close ends Next. Run ends with the track.
func (in *Receiver) Close() error {
	in.queue.close()
	return nil
}

// Run takes packets until the track ends.
func (in *Receiver) Run() {
	defer in.queue.close()
	in.Packets.Run(func(p *rtp.Packet, lost bool) {
		if lost {
			in.lose()
		}
		in.take(p, capture.Now())
	})
}

// lose notes that packets are missing. Of video a key frame is asked for, now
// and with each frame until it comes.
func (in *Receiver) lose() {
	in.frames.reset()
	in.lost = true
	if in.track.Kind() == webrtc.RTPCodecTypeVideo {
		in.broken = true
		in.RequestKeyframe()
	}
}

// take adds the next packet, and queues the chunk that it completes.
func (in *Receiver) take(p *rtp.Packet, now time.Duration) {
	data, first, complete, ok := in.frames.add(p, now)
	if !ok {
		in.lose()
		return
	}
	if !complete {
		return
	}
	c := &Chunk{Timestamp: p.Timestamp, First: first, Arrived: now, Lost: in.lost}
	c.Data, c.Key = data, isKeyframe(in.codec, data)
	if in.broken && !c.Key {
		in.RequestKeyframe()
		return
	}
	c.Time = now
	if in.o.Captured != nil {
		if t, ok := in.o.Captured(in.clockRate, p.Timestamp, now); ok {
			c.Time = t
		}
	}
	in.broken, in.lost = false, false
	if in.queue.push(c) {
		in.lose()
	}
}

// chunkQueue is the bounded queue of an Receiver.
type chunkQueue struct {
	video bool
	ready chan struct{} // capacity one
	gone  chan struct{}
	once  sync.Once

	mu   sync.Mutex
	list []*Chunk
}

func (q *chunkQueue) init(video bool) {
	q.video, q.ready, q.gone = video, make(chan struct{}, 1), make(chan struct{})
}

// push queues c. It reports true when a full queue of video was emptied and c
// with it, so that a key frame is needed.
func (q *chunkQueue) push(c *Chunk) (emptied bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.list) >= inboundQueue {
		switch {
		case !q.video:
			q.list = append(q.list[:0], q.list[1:]...)
			q.list[0].Lost = true
		case c.Key:
			q.list = q.list[:0]
			c.Lost = true
		default:
			q.list = q.list[:0]
			return true
		}
	}
	q.list = append(q.list, c)
	wake(q.ready)
	return false
}

func (q *chunkQueue) next(ctx context.Context) (*Chunk, error) {
	for {
		q.mu.Lock()
		if len(q.list) > 0 {
			c := q.list[0]
			q.list = append(q.list[:0], q.list[1:]...)
			q.mu.Unlock()
			return c, nil
		}
		q.mu.Unlock()
		select {
		case <-q.ready:
		case <-q.gone:
			return nil, net.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (q *chunkQueue) close() { q.once.Do(func() { close(q.gone) }) }

// isKeyframe tells a key frame by its payload.
func isKeyframe(codec encode.Codec, data []byte) bool {
	switch codec.MIMEType {
	case encode.H264.MIMEType:
		return encode.IsKeyH264(data)
	case encode.VP8.MIMEType:
		return encode.IsKeyVP8(data)
	case encode.VP9.MIMEType:
		return encode.IsKeyVP9(data)
	case encode.AV1.MIMEType:
		return encode.IsKeyAV1(data)
	}
	return true
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
