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

// Source makes the chunks of a [Track].
type Source interface {
	// Codecs lists what it can encode to, best first.
	Codecs() []encode.Codec
	// Run produces what d asks for until ctx is done. It outlives a display
	// or sound server that goes away, and tells a person through means of
	// its own.
	Run(ctx context.Context, d *Demand)
}

// Track is one published picture or sound. Its methods may be called from
// any goroutine.
type Track struct {
	name   string
	source Source
	cursor cursorHub
	mosaic mosaic
	demand *Demand

	mu     sync.Mutex
	sinks  int
	stop   context.CancelFunc // of the running source, nil when none runs
	done   chan struct{}      // closed when the last started source has returned
	closed bool
}

// NewTrack makes a track of source. Nothing runs until a sink attaches. name
// is for logs.
func NewTrack(name string, source Source) *Track {
	t := &Track{name: name, source: source, done: make(chan struct{})}
	close(t.done)
	t.demand = newDemand(t)
	return t
}

// Name is what logs call it: "desktop".
func (t *Track) Name() string { return t.name }

// Codecs lists what the track can be encoded as, best first. All are video,
// or all are sound.
func (t *Track) Codecs() []encode.Codec { return t.source.Codecs() }

// Size is the picture's width and height in pixels, zero before the first
// frame and for sound.
func (t *Track) Size() (w, h int) { return t.demand.size() }

// Attach adds a sink that takes the track in codec, for the viewer of that
// id. The first sink starts the source.
func (t *Track) Attach(codec encode.Codec, viewer string) (*Sink, error) {
	has := func(c encode.Codec) bool { return c.Name == codec.Name }
	if !slices.ContainsFunc(t.source.Codecs(), has) {
		return nil, fmt.Errorf("streams: %s is not offered in %s", t.name, codec.Name)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, fmt.Errorf("streams: %s: %w", t.name, net.ErrClosed)
	}
	k := newSink(t, codec, viewer)
	t.demand.add(k)
	if t.sinks++; t.sinks == 1 {
		t.start()
	}
	return k, nil
}

// start runs the source once its last run has ended. The caller holds mu.
func (t *Track) start() {
	ctx, cancel := context.WithCancel(context.Background())
	before, done := t.done, make(chan struct{})
	t.stop, t.done = cancel, done
	go func() {
		defer close(done)
		<-before
		t.source.Run(ctx, t.demand)
	}()
}

// detach is Sink.Close.
func (t *Track) detach(k *Sink) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.demand.remove(k)
	if t.sinks--; t.sinks == 0 {
		t.stop()
	}
}

// Poke pulls the next capture forward: what a viewer did was injected, and its
// effect should be seen without waiting for the frame rate's next turn. The
// viewer is in control from now on: frames are paced for its display.
func (t *Track) Poke(viewer string) { t.demand.poke(viewer) }

// WatchCursor calls f at each change of the pointer, from one goroutine at a
// time, until ctx is done. It outlives a display that goes away and returns.
// f must not block.
func (t *Track) WatchCursor(ctx context.Context, f func(capture.Cursor)) { t.cursor.watch(ctx, f) }

// Stats are counts since the track began; a reader takes differences.
func (t *Track) Stats() Stats { return t.demand.statsNow() }

// Close detaches every sink and waits until the source has stopped. The
// second call does nothing.
func (t *Track) Close() error {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	for _, k := range t.demand.all() {
		k.Close()
	}
	t.mu.Lock()
	done := t.done
	t.mu.Unlock()
	<-done
	return nil
}
