package encode

import (
	"errors"
	"time"

	"github.com/causeway-rtc/causeway/capture"
)

// ErrClosed is wrapped by the errors of encoders and decoders used after Close.
var ErrClosed = errors.New("closed")

// Chunk is one encoded frame of video or sound.
type Chunk struct {
	// Data is an access unit in Annex B form for H.264 (ITU-T H.264 Annex B,
	// parameter sets before each key frame), one frame for VP8 (RFC 6386)
	// and VP9, one temporal unit for AV1 in the low-overhead format, one packet for Opus (RFC 6716). Empty when the encoder dropped the
	// frame.
	Data []byte
	// Key is true when the chunk decodes without any other before it.
	Key bool
	// Time is when the frame was captured, on the clock of [capture.Now].
	Time time.Duration
	// Duration is how long it sounds; zero for video.
	Duration time.Duration
	// Width and Height of the picture in pixels, as a decoder will show it:
	// H.264 rounds odd sizes up to even ones. Zero for sound.
	Width, Height int
}

// Encoder encodes the frames of one video stream, all of one size. It is used
// from one goroutine at a time.
type Encoder interface {
	// Encode encodes f into c: it sets every field and reuses c.Data's
	// memory where it suffices. key asks for a key frame. f is not kept. It
	// may have any format, I420 and NV12 in BT.709 and limited range, and must
	// have the encoder's size. Its Damage
	// bounds what changed since the last frame that this encoder was given
	// (see [Converter]). In steady state no Go memory is allocated.
	Encode(c *Chunk, f *capture.Frame, key bool) error
	// SetBitrate changes the target, in bits a second, from the next frame
	// on and without a key frame.
	SetBitrate(bps int) error
	// Close frees the encoder. The second call does nothing.
	Close() error
}

// Decoder decodes the chunks of one video stream. It is used from one
// goroutine at a time.
type Decoder interface {
	// Decode decodes c into a frame, I420 as a rule, which is valid until
	// the next call. The frame is nil when c completes no picture.
	Decode(c *Chunk) (*capture.Frame, error)
	// Close frees the decoder. The second call does nothing.
	Close() error
}

// AudioEncoder encodes one stream of sound.
type AudioEncoder interface {
	// Encode encodes a into c, as [Encoder] does for pictures.
	Encode(c *Chunk, a *capture.AudioFrame) error
	// SetBitrate changes the target, in bits a second.
	SetBitrate(bps int) error
	// Close frees the encoder. The second call does nothing.
	Close() error
}

// AudioDecoder decodes one stream of sound.
type AudioDecoder interface {
	// Decode decodes c into a frame that is valid until the next call. A nil
	// chunk conceals a lost one.
	Decode(c *Chunk) (*capture.AudioFrame, error)
	// Close frees the decoder. The second call does nothing.
	Close() error
}
