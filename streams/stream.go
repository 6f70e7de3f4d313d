package streams

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// Source makes the chunks of a [Stream].
type Source interface {
	// Codecs lists what it can encode to, best first.
	Codecs() []encode.Codec
	// Run produces what d asks for until ctx is done. It outlives a display
	// or sound server that goes away, and tells a person through means of
	// its own.
	Run(ctx context.Context, d *Demand)
}

// Stream is one published picture or sound. Its methods may be called from
// any goroutine.
type Stream struct {
	id     int
	name   string
	source Source
	cursor cursorHub
	demand *Demand

	mu     sync.Mutex
	sinks  int
	stop   context.CancelFunc // of the running source, nil when none runs
	done   chan struct{}      // closed when the last started source has returned
	closed bool
}

// New makes a stream of source. Nothing runs until a sink attaches. id tells
// it from the other streams of its peer, and name is for people.
func New(id int, name string, source Source) *Stream {
	s := &Stream{id: id, name: name, source: source, done: make(chan struct{})}
	close(s.done)
	s.demand = newDemand(s)
	return s
}

// ID is the stream's number among its peer's.
func (s *Stream) ID() int { return s.id }

// Name is what a person calls it: "desktop".
func (s *Stream) Name() string { return s.name }

// Codecs lists what the stream can be encoded as, best first. All are video,
// or all are sound.
func (s *Stream) Codecs() []encode.Codec { return s.source.Codecs() }

// Size is the picture's width and height in pixels, zero before the first
// frame and for sound.
func (s *Stream) Size() (w, h int) { return s.demand.size() }

// Attach adds a sink that takes the stream in codec, for the viewer of that
// id. The first sink starts the source.
func (s *Stream) Attach(codec encode.Codec, viewer string) (*Sink, error) {
	has := func(c encode.Codec) bool { return c.Name == codec.Name }
	if !slices.ContainsFunc(s.source.Codecs(), has) {
		return nil, fmt.Errorf("streams: %s is not offered in %s", s.name, codec.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("streams: %s: %w", s.name, net.ErrClosed)
	}
	k := newSink(s, codec, viewer)
	s.demand.add(k)
	if s.sinks++; s.sinks == 1 {
		s.start()
	}
	return k, nil
}

// start runs the source once its last run has ended. The caller holds mu.
func (s *Stream) start() {
	ctx, cancel := context.WithCancel(context.Background())
	before, done := s.done, make(chan struct{})
	s.stop, s.done = cancel, done
	go func() {
		defer close(done)
		<-before
		s.source.Run(ctx, s.demand)
	}()
}

// detach is Sink.Close.
func (s *Stream) detach(k *Sink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.demand.remove(k)
	if s.sinks--; s.sinks == 0 {
		s.stop()
	}
}

// Poke pulls the next capture forward: something was injected, and its
// effect should be seen without waiting for the frame rate's next turn.
func (s *Stream) Poke() { s.demand.poke() }

// WatchCursor calls f at each change of the pointer, from one goroutine at a
// time, until ctx is done. It outlives a display that goes away and returns.
// f must not block.
func (s *Stream) WatchCursor(ctx context.Context, f func(capture.Cursor)) { s.cursor.watch(ctx, f) }

// Stats are counts since the stream began; a reader takes differences.
func (s *Stream) Stats() Stats { return s.demand.statsNow() }

// Close detaches every sink and waits until the source has stopped. The
// second call does nothing.
func (s *Stream) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, k := range s.demand.all() {
		k.Close()
	}
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	<-done
	return nil
}
