package streams

import (
	"context"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// Stream is one published picture or sound.
type Stream struct {
	id   int
	name string
}

// ID is the stream's number among its peer's.
func (s *Stream) ID() int { return s.id }

// Name is what a person calls it: "desktop".
func (s *Stream) Name() string { return s.name }

// Codecs lists what the stream can be encoded as, best first. All are video,
// or all are sound.
func (s *Stream) Codecs() []encode.Codec { panic("soon") }

// Size is the picture's width and height in pixels, zero before the first
// frame and for sound.
func (s *Stream) Size() (w, h int) { panic("soon") }

// Attach adds a sink that takes the stream in codec, for the viewer of that
// id. The first sink starts the source.
func (s *Stream) Attach(codec encode.Codec, viewer string) (*Sink, error) { panic("soon") }

// Poke pulls the next capture forward: something was injected, and its
// effect should be seen without waiting for the frame rate's next turn.
func (s *Stream) Poke() { panic("soon") }

// WatchCursor calls f at each change of the pointer until ctx is done. It
// outlives a display that goes away and returns. f must not block.
func (s *Stream) WatchCursor(ctx context.Context, f func(capture.Cursor)) { panic("soon") }

// Sink is one viewer's end of a stream.
type Sink struct{}

// Next blocks until the next chunk for this viewer. The first is a key
// frame. The chunk is shared with other sinks and must not be changed. After
// Close it returns an error that wraps [net.ErrClosed].
func (k *Sink) Next(ctx context.Context) (*encode.Chunk, error) { panic("soon") }

// RequestKeyframe asks for a key frame, as a PLI does.
func (k *Sink) RequestKeyframe() { panic("soon") }

// SetBitrate says what the way to this viewer carries, in bits a second.
func (k *Sink) SetBitrate(bps int) { panic("soon") }

// Close detaches the sink. The last one stops the source. The second call
// does nothing.
func (k *Sink) Close() { panic("soon") }
