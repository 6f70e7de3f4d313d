package vpx

import (
	"fmt"
	"runtime"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

type encoder struct {
	f       format
	params  encode.Params
	convert *encode.Converter
	native  *nativeEncoder
	still   int // how many times the picture came that stands still
}

func (f format) newEncoder(p encode.Params) (encode.Encoder, error) {
	p, err := p.WithDefaults()
	if err != nil {
		return nil, fmt.Errorf("vpx: %w", err)
	}
	if p.Threads == 0 {
		p.Threads = threads(p.Width, p.Height)
	}
	n, err := openEncoder(p, f.choose(p))
	if err != nil {
		return nil, fmt.Errorf("vpx: open encoder: %w", err)
	}
	c := encode.NewConverter(capture.I420, p.Width, p.Height, f.codec.Matrix)
	return &encoder{f: f, params: p, convert: c, native: n}, nil
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
	data, err := e.native.encode(in, key, e.finest(f))
	if err != nil {
		return fmt.Errorf("vpx: encode: %w", err)
	}
	*c = encode.Chunk{
		Data: append(c.Data[:0], data...), Key: e.f.isKey(data), Time: f.Time,
		Width: e.params.Width, Height: e.params.Height,
	}
	return nil
}

// finest is the coarsest quantiser that the frame f may have. A picture that
// stands still gets a finer one each time that it comes, until nothing is
// left to improve; rate control alone stops long before.
func (e *encoder) finest(f *capture.Frame) int {
	if e.f.steps == nil {
		return worstQuantizer
	}
	if f.Damage == nil || len(f.Damage) > 0 {
		e.still = 0
		return worstQuantizer
	}
	q := e.f.steps[min(e.still, len(e.f.steps)-1)]
	e.still++
	return q
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
