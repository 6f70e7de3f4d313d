package x264

import (
	"fmt"
	"runtime"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// Backend encodes H.264 with libx264.
var Backend = encode.Backend{
	Name:       "x264",
	Codec:      encode.H264,
	Probe:      probe,
	NewEncoder: newEncoder,
}

// bufferFrames is the size of the rate buffer (VBV) in frames, at the full
// frame rate. It bounds how much longer than its share one frame takes to
// send, and what a key frame may cost: with four frames key frames of text are
// smeared, with sixty one of them delays everything after it by half a second
// on a link that is just wide enough. Over two seconds at 60 fps it adds 5 % to
// the rate at worst.
const bufferFrames = 6

// bufferShare bounds the same at low frame rates, to one part in so many of a
// second, but never below two frames.
const bufferShare = 8

type encoder struct {
	params  encode.Params
	convert *encode.Converter
	native  *native
}

func newEncoder(p encode.Params) (encode.Encoder, error) {
	p, err := p.WithDefaults()
	if err != nil {
		return nil, fmt.Errorf("x264: %w", err)
	}
	if p.Threads == 0 {
		p.Threads = threads(p.Width, p.Height)
	}
	n, err := open(p, bufferBits(p))
	if err != nil {
		return nil, fmt.Errorf("x264: open: %w", err)
	}
	// libx264 works on NV12 inside and copies it in as it is.
	c := encode.NewConverter(capture.NV12, p.Width, p.Height, encode.H264.Matrix)
	return &encoder{params: p, convert: c, native: n}, nil
}

// threads is how many slices of a picture to encode at once. A second thread
// costs processor time in waking it up and in prediction lost at the cut, so
// small pictures, which one thread finishes soon enough, do without.
func threads(width, height int) int {
	if width*height < 960*540 {
		return 1
	}
	return min(2, runtime.GOMAXPROCS(0))
}

// bufferBits is the size of the rate buffer in bits.
func bufferBits(p encode.Params) int {
	frames := max(2, min(bufferFrames, p.FPS/bufferShare))
	return p.Bitrate / p.FPS * frames
}

func (e *encoder) Encode(c *encode.Chunk, f *capture.Frame, key bool) error {
	if e.native == nil {
		return fmt.Errorf("x264: encode: %w", encode.ErrClosed)
	}
	in, err := e.convert.Convert(f, key)
	if err != nil {
		return fmt.Errorf("x264: %w", err)
	}
	data, isKey, err := e.native.encode(in, key)
	if err != nil {
		return fmt.Errorf("x264: encode: %w", err)
	}
	*c = encode.Chunk{
		Data: append(c.Data[:0], data...), Key: isKey, Time: f.Time,
		Width: even(e.params.Width), Height: even(e.params.Height),
	}
	return nil
}

func (e *encoder) SetBitrate(bps int) error {
	if e.native == nil {
		return fmt.Errorf("x264: set bitrate: %w", encode.ErrClosed)
	}
	p := e.params
	p.Bitrate = bps
	if err := e.native.setBitrate(bps, bufferBits(p)); err != nil {
		return fmt.Errorf("x264: set bitrate %d: %w", bps, err)
	}
	e.params = p
	return nil
}

func (e *encoder) Close() error {
	if e.native != nil {
		e.native.close()
		e.native = nil
	}
	return nil
}

func even(n int) int { return (n + 1) &^ 1 }
