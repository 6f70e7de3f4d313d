package vpx

import (
	"fmt"
	"runtime"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// Backend encodes and decodes VP8 with libvpx.
var Backend = encode.Backend{
	Name:       "vpx",
	Codec:      encode.VP8,
	Probe:      probe,
	NewEncoder: newEncoder,
	NewDecoder: newDecoder,
}

// settings is what the C side is opened with, beside the parameters.
type settings struct {
	// speed is libvpx's cpu-used: more is faster and worse.
	speed int
	// tokenPartitions is the logarithm of the number of parts that the
	// coefficients are written in, which several threads can do at once.
	tokenPartitions int
	// bufferMS is how much longer than its share a burst may take to send, in
	// milliseconds.
	bufferMS int
	// maxIntraPercent bounds a key frame, in percent of a frame's share.
	maxIntraPercent int
}

// choose returns settings for a size.
func choose(p encode.Params) settings {
	s := settings{speed: 12, bufferMS: 150, maxIntraPercent: 600}
	if p.Width*p.Height > 1280*720 {
		s.speed = 16
	}
	if p.Threads > 1 {
		s.tokenPartitions = 1
	}
	return s
}

type encoder struct {
	params  encode.Params
	convert *encode.Converter
	native  *nativeEncoder
}

func newEncoder(p encode.Params) (encode.Encoder, error) {
	p, err := p.WithDefaults()
	if err != nil {
		return nil, fmt.Errorf("vpx: %w", err)
	}
	if p.Threads == 0 {
		p.Threads = threads(p.Width, p.Height)
	}
	n, err := openEncoder(p, choose(p))
	if err != nil {
		return nil, fmt.Errorf("vpx: open encoder: %w", err)
	}
	c := encode.NewConverter(capture.I420, p.Width, p.Height, encode.VP8.Matrix)
	return &encoder{params: p, convert: c, native: n}, nil
}

// threads is how many rows of blocks to encode at once. The threads of libvpx
// wait for each other by spinning, so where capture, viewers and desktop want
// the same processors, a second one makes both slow: on two processors with
// other work it took a frame from 11 to 54 ms.
func threads(width, height int) int {
	if width*height < 640*360 || runtime.GOMAXPROCS(0) < 4 {
		return 1
	}
	return 2
}

func (e *encoder) Encode(c *encode.Chunk, f *capture.Frame, key bool) error {
	if e.native == nil {
		return fmt.Errorf("vpx: encode: %w", encode.ErrClosed)
	}
	in, err := e.convert.Convert(f, key)
	if err != nil {
		return fmt.Errorf("vpx: %w", err)
	}
	data, err := e.native.encode(in, key)
	if err != nil {
		return fmt.Errorf("vpx: encode: %w", err)
	}
	*c = encode.Chunk{
		Data: append(c.Data[:0], data...), Key: encode.IsKeyVP8(data), Time: f.Time,
		Width: e.params.Width, Height: e.params.Height,
	}
	return nil
}

func (e *encoder) SetBitrate(bps int) error {
	if e.native == nil {
		return fmt.Errorf("vpx: set bitrate: %w", encode.ErrClosed)
	}
	if err := e.native.setBitrate(bps); err != nil {
		return fmt.Errorf("vpx: set bitrate %d: %w", bps, err)
	}
	return nil
}

func (e *encoder) Close() error {
	if e.native != nil {
		e.native.close()
		e.native = nil
	}
	return nil
}

type decoder struct {
	native *nativeDecoder
	frame  capture.Frame
}

func newDecoder() (encode.Decoder, error) {
	n, err := openDecoder()
	if err != nil {
		return nil, fmt.Errorf("vpx: open decoder: %w", err)
	}
	return &decoder{native: n}, nil
}

func (d *decoder) Decode(c *encode.Chunk) (*capture.Frame, error) {
	if d.native == nil {
		return nil, fmt.Errorf("vpx: decode: %w", encode.ErrClosed)
	}
	if len(c.Data) == 0 {
		return nil, nil
	}
	ok, err := d.native.decode(c.Data, &d.frame)
	if err != nil {
		return nil, fmt.Errorf("vpx: decode: %w", err)
	}
	if !ok {
		return nil, nil
	}
	d.frame.Format, d.frame.Time = capture.I420, c.Time
	return &d.frame, nil
}

func (d *decoder) Close() error {
	if d.native != nil {
		d.native.close()
		d.native = nil
	}
	return nil
}
