package x264

import (
	"fmt"
	"image"
	"runtime"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// Backend encodes H.264 with libx264, and High444 the profile of that name,
// for text.
var (
	Backend = encode.Backend{
		Name:       "x264",
		Codec:      encode.H264,
		Probe:      probe,
		NewEncoder: func(p encode.Params) (encode.Encoder, error) { return newEncoder(p, false) },
	}
	High444 = encode.Backend{
		Name:       "x264-444",
		Codec:      encode.H264High444,
		Probe:      probe,
		NewEncoder: func(p encode.Params) (encode.Encoder, error) { return newEncoder(p, true) },
	}
)

type encoder struct {
	params  encode.Params
	size    image.Point // as decoders show it
	convert *encode.Converter
	native  *native
	rate    rateControl
	begun   bool // a frame was encoded
	behind  bool // what viewers have differs from the frame before the next by more than quality
	scroll  encode.Scroll
}

func newEncoder(p encode.Params, full bool) (encode.Encoder, error) {
	p, err := p.WithDefaults()
	if err != nil {
		return nil, fmt.Errorf("x264: %w", err)
	}
	if p.Threads == 0 {
		p.Threads = threads(p.Width, p.Height)
	}
	n, err := open(p, full)
	if err != nil {
		return nil, fmt.Errorf("x264: open: %w", err)
	}
	e := &encoder{params: p, native: n, rate: newRateControl(p.Bitrate, p.FPS)}
	// libx264 works on these formats inside, and copies them in as they are.
	format, matrix := capture.NV12, encode.H264.Matrix
	e.size = image.Pt(even(p.Width), even(p.Height))
	if full {
		format, matrix = capture.I444, encode.H264High444.Matrix
		e.size, e.rate.least = image.Pt(p.Width, p.Height), exactQP
	}
	e.convert = encode.NewConverter(format, p.Width, p.Height, matrix)
	return e, nil
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

func (e *encoder) Encode(c *encode.Chunk, f *capture.Frame, key bool) error {
	if e.native == nil {
		return fmt.Errorf("x264: encode: %w", encode.ErrClosed)
	}
	in, err := e.convert.Convert(f, key)
	if err != nil {
		return fmt.Errorf("x264: %w", err)
	}
	shift := e.shift(in)
	a, err := e.activity(f, in, shift)
	if err != nil {
		return fmt.Errorf("x264: encode: %w", err)
	}
	key = key || !e.begun
	*c = encode.Chunk{
		Data: c.Data[:0], Time: f.Time,
		Width: e.size.X, Height: e.size.Y,
	}
	qp, ok := e.rate.next(a, f.Time, key)
	if !ok {
		e.behind = true
		return nil
	}
	if e.behind {
		e.native.mark(nil)
	} else {
		e.native.mark(f.Damage)
	}
	data, isKey, err := e.native.encode(in, image.Pt(shift.Columns, shift.Rows), qp, key)
	if err != nil {
		return fmt.Errorf("x264: encode: %w", err)
	}
	e.begun, e.behind = true, shift.Scrolled()
	e.rate.coded(a, qp, len(data), isKey)
	c.Data, c.Key = append(c.Data, data...), isKey
	return nil
}

// shift is how in differs from the frame before, if most of that scrolled.
func (e *encoder) shift(in *capture.Frame) encode.Shift {
	if s := e.scroll.See(in); s.Scrolled() {
		return s
	}
	return encode.Shift{}
}

// activity is that of f, which is converted in in.
func (e *encoder) activity(f, in *capture.Frame, s encode.Shift) (activity, error) {
	a, err := e.native.activity(in, s.Rows)
	a.none = f.Unchanged()
	a.moved = s.Scrolled()
	if s.Columns != 0 {
		// Of what moved sideways the pixels that were looked at say nothing.
		a.inter = min(a.inter, a.intra*float64(s.Changed*(101-s.Moved))/1e4)
	}
	return a, err
}

func (e *encoder) SetBitrate(bps int) error {
	if e.native == nil {
		return fmt.Errorf("x264: set bitrate: %w", encode.ErrClosed)
	}
	p := e.params
	p.Bitrate = bps
	p, err := p.WithDefaults()
	if err != nil {
		return fmt.Errorf("x264: set bitrate %d: %w", bps, err)
	}
	e.params = p
	e.rate.set(p.Bitrate, p.FPS)
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
