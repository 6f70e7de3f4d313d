package streams

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/encode"
)

// queueLength bounds a sink's queue, in chunks: an eighth of a second of
// video at 60 a second, long enough for a writer that the scheduler held up,
// short enough that nobody sees an old desktop.
const queueLength = 8

// Sink is one viewer's end of a track.
type Sink struct {
	track  *Track
	codec  encode.Codec
	viewer string
	video  bool

	// What follows is guarded by the Demand.
	bitrate int
	rated   int // the bit rate by which it was put on its rung
	view    View
	trouble trouble
	at, to  *rungDemand   // the rung it is on, and where it shall be
	moved   time.Duration // when it last changed that
	last    time.Duration // the time of its last chunk
	held    time.Duration // from then on it waits for the key frame of to; or zero
	missed  bool          // it has missed a chunk of at for that

	ready chan struct{} // capacity one: the queue may have something
	gone  chan struct{} // closed by Close
	once  sync.Once

	mu    sync.Mutex
	queue []*encode.Chunk
	gated bool // waits for a key frame
}

func newSink(t *Track, codec encode.Codec, viewer string) *Sink {
	video := codec.Channels == 0
	return &Sink{
		track: t, codec: codec, viewer: viewer, video: video, gated: video,
		ready: make(chan struct{}, 1), gone: make(chan struct{}),
		queue: make([]*encode.Chunk, 0, queueLength),
	}
}

// Codec is what its chunks are encoded as.
func (k *Sink) Codec() encode.Codec { return k.codec }

// Viewer is the id that the sink was attached for.
func (k *Sink) Viewer() string { return k.viewer }

// Next blocks until the next chunk for this viewer. The first, and the first
// after chunks were thrown away, is a key frame. The chunk is shared with
// other sinks and must not be changed. After Close it returns an error that
// wraps [net.ErrClosed]. One goroutine calls it.
func (k *Sink) Next(ctx context.Context) (*encode.Chunk, error) {
	for {
		if c := k.pop(); c != nil {
			return c, nil
		}
		select {
		case <-k.ready:
		case <-k.gone:
			return nil, fmt.Errorf("streams: sink of %s: %w", k.viewer, net.ErrClosed)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (k *Sink) pop() *encode.Chunk {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.queue) == 0 {
		return nil
	}
	c := k.queue[0]
	copy(k.queue, k.queue[1:])
	k.queue = k.queue[:len(k.queue)-1]
	return c
}

// push queues c and never blocks. It returns how many chunks were thrown away
// because the reader is behind: of video all that were queued, since those
// after a hole cannot be decoded; of sound the oldest.
func (k *Sink) push(c *encode.Chunk) (skipped int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gated {
		if !c.Key {
			return 0
		}
		k.gated = false
	}
	if len(k.queue) == queueLength {
		if k.video && !c.Key {
			skipped = queueLength + 1
			k.queue, k.gated = k.queue[:0], true
			return skipped
		}
		skipped = 1
		if k.video {
			skipped = queueLength
		}
		k.queue = append(k.queue[:0], k.queue[skipped:]...)
	}
	k.queue = append(k.queue, c)
	signal(k.ready)
	return skipped
}

// gate lets nothing through until a key frame.
func (k *Sink) gate() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.gated = true
}

// RequestKeyframe asks for a key frame, as a PLI does.
func (k *Sink) RequestKeyframe() { k.track.demand.requestKey(k) }

// SetBitrate says what the way to this viewer carries, in bits a second.
// Zero means that nothing is known.
func (k *Sink) SetBitrate(bps int) { k.track.demand.setBitrate(k, bps) }

// SetView says how the viewer shows the picture. A smaller one is sent when
// that suffices, from its next key frame on.
func (k *Sink) SetView(v View) { k.track.demand.setView(k, v) }

// Waiting is true when Next would not block.
func (k *Sink) Waiting() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.queue) > 0
}

// Close detaches the sink. The last one stops the source. The second call
// does nothing.
func (k *Sink) Close() {
	k.once.Do(func() {
		close(k.gone)
		k.track.detach(k)
	})
}
