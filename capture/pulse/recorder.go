package pulse

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/jfreymuth/pulse/proto"

	"github.com/causeway-rtc/causeway/capture"
)

const (
	// maxHeld is how many samples of each channel wait for Next. Of what is
	// older, nobody wants to hear.
	maxHeld = rate / 2
	// maxQuiet is for how many frames of zeros Next still returns.
	maxQuiet = 100
)

// recorder implements [capture.AudioSource].
type recorder struct {
	server *Server
	source string // as named in the options
	// channels is how many samples are recorded at a time.
	channels int
	log      *slog.Logger

	// changed holds a token when the server's state may have changed.
	changed chan struct{}
	closed  chan struct{}
	closing sync.Once
	control sync.WaitGroup

	// arrived holds a token when there may be enough for a frame.
	arrived chan struct{}
	mu      sync.Mutex
	held    []int16
	clock   clock
	latency latency
	stream  uint32 // whose packets are ours

	// Of Next alone.
	frame  capture.AudioFrame
	steady steady
	quiet  int // frames of zeros in a row

	target target // of follow alone
}

func newRecorder(o capture.AudioOptions) *recorder {
	return &recorder{
		source: o.Source, log: o.Log, channels: o.Channels,
		changed: make(chan struct{}, 1), closed: make(chan struct{}), arrived: make(chan struct{}, 1),
		stream: proto.Undefined,
		frame:  capture.AudioFrame{Samples: make([]int16, frameSamples*o.Channels), Rate: rate, Channels: o.Channels},
	}
}

// receive takes the server's messages. It runs on the connection's reader.
func (r *recorder) receive(message any) {
	switch m := message.(type) {
	case *proto.DataPacket:
		r.hold(m.StreamIndex, m.Data)
	case *proto.RecordStreamKilled:
		r.mu.Lock()
		r.stream = proto.Undefined
		r.mu.Unlock()
		poke(r.changed)
	case *proto.SubscribeEvent, *proto.RecordStreamMoved:
		poke(r.changed)
	}
}

// hold keeps samples for Next.
func (r *recorder) hold(stream uint32, data []byte) {
	now := capture.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if stream != r.stream {
		return
	}
	r.clock.arrive(now, r.latency.least, len(data)/(2*r.channels))
	for ; len(data) >= 2; data = data[2:] {
		r.held = append(r.held, int16(binary.LittleEndian.Uint16(data)))
	}
	if surplus := len(r.held) - maxHeld*r.channels; surplus > 0 {
		r.held = r.held[:copy(r.held, r.held[surplus:])]
	}
	if len(r.held) >= (frameSamples-1)*r.channels {
		poke(r.arrived)
	}
}

// restart forgets what is held: sound that comes next does not join it.
func (r *recorder) restart(stream uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stream, r.held, r.clock, r.latency = stream, r.held[:0], clock{}, latency{}
}

// Next implements [capture.AudioSource].
func (r *recorder) Next(ctx context.Context) (*capture.AudioFrame, error) {
	for {
		if err := r.ended(ctx); err != nil {
			return nil, err
		}
		if r.take() {
			if r.quiet <= maxQuiet {
				return &r.frame, nil
			}
			continue
		}
		select {
		case <-r.arrived:
		case <-ctx.Done():
		case <-r.closed:
		case <-r.server.Gone():
		}
	}
}

// take moves the oldest samples to r.frame, if there are enough for one.
func (r *recorder) take() bool {
	f := &r.frame
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.clock.at(r.clock.count - int64(len(r.held)/r.channels))
	n := r.steady.samples(at) * r.channels
	if len(r.held) < n {
		return false
	}
	f.Time = r.steady.take(at)
	stretch(f.Samples, r.held[:n], r.channels)
	r.held = r.held[:copy(r.held, r.held[n:])]
	r.quiet++
	for _, v := range f.Samples {
		if v != 0 {
			r.quiet = 0
			break
		}
	}
	return true
}

// ended says why there will be no frame.
func (r *recorder) ended(ctx context.Context) error {
	select {
	case <-r.closed:
		return fmt.Errorf("pulse: %w", net.ErrClosed)
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	select {
	case <-r.server.Gone():
		return fmt.Errorf("pulse: sound server %q: %w", r.server.Name(), capture.ErrLost)
	default:
		return nil
	}
}

// Close implements [capture.AudioSource].
func (r *recorder) Close() error {
	r.closing.Do(func() {
		close(r.closed)
		r.server.HangUp()
		r.control.Wait()
	})
	return nil
}

// poke puts a token into a channel that has room for one.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
