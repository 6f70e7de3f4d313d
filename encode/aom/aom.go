package aom

import (
	"fmt"
	"math/bits"
	"runtime"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// Backend encodes and decodes AV1, Main profile, with libaom, and High the High
// profile, for text.
var (
	Backend = encode.Backend{
		Name:       "aom",
		Codec:      encode.AV1,
		Probe:      probe,
		NewEncoder: func(p encode.Params) (encode.Encoder, error) { return newEncoder(p, capture.I420, encode.AV1.Matrix) },
		NewDecoder: newDecoder,
	}
	High = encode.Backend{
		Name:  "aom-444",
		Codec: encode.AV1High,
		Probe: probe,
		NewEncoder: func(p encode.Params) (encode.Encoder, error) {
			return newEncoder(p, capture.I444, encode.AV1High.Matrix)
		},
		NewDecoder: newDecoder,
	}
)

// settings is what the C side is opened with, beside the parameters.
type settings struct {
	// speed is libaom's cpu-used: more is faster and worse.
	speed int
	// tileColumns is the logarithm of the number of upright strips that
	// several threads can encode at once.
	tileColumns int
	// bufferMS is how much longer than its share a burst may take to send, in
	// milliseconds.
	bufferMS int
	// maxIntraPercent bounds a key frame, in percent of a frame's share.
	maxIntraPercent int
}

// choose returns settings for a size. A tile narrower than 256 pixels is more
// prediction lost than time won.
func choose(p encode.Params) settings {
	s := settings{speed: 10, bufferMS: 200, maxIntraPercent: 1200}
	s.tileColumns = min(bits.Len(uint(p.Threads))-1, bits.Len(uint(p.Width/256)))
	return s
}

type encoder struct {
	params  encode.Params
	convert *encode.Converter
	native  *nativeEncoder
}

func newEncoder(p encode.Params, format capture.PixelFormat, matrix encode.Matrix) (encode.Encoder, error) {
	p, err := p.WithDefaults()
	if err != nil {
		return nil, fmt.Errorf("aom: %w", err)
	}
	if p.Threads == 0 {
		p.Threads = threads(p.Width, p.Height)
	}
	n, err := openEncoder(p, choose(p), format == capture.I444)
	if err != nil {
		return nil, fmt.Errorf("aom: open encoder: %w", err)
	}
	return &encoder{params: p, convert: encode.NewConverter(format, p.Width, p.Height, matrix), native: n}, nil
}

// threads is how many threads to encode a picture of that size with, half of
// the processors at most: the desktop needs some too.
func threads(width, height int) int {
	if width*height < 640*360 {
		return 1
	}
	return min(4, max(2, runtime.GOMAXPROCS(0)/2), runtime.GOMAXPROCS(0))
}

func (e *encoder) Encode(c *encode.Chunk, f *capture.Frame, key bool) error {
	if e.native == nil {
		return fmt.Errorf("aom: encode: %w", encode.ErrClosed)
	}
	in, err := e.convert.Convert(f, key)
	if err != nil {
		return fmt.Errorf("aom: %w", err)
	}
	*c = encode.Chunk{Data: c.Data[:0], Time: f.Time, Width: e.params.Width, Height: e.params.Height}
	// Rate control alone would not touch a picture that stands still.
	still := f.Unchanged()
	data, err := e.native.encode(in, key, still && !key)
	if err != nil {
		return fmt.Errorf("aom: encode: %w", err)
	}
	c.Data, c.Key = append(c.Data, data...), encode.IsKeyAV1(data)
	return nil
}

func (e *encoder) SetBitrate(bps int) error {
	if e.native == nil {
		return fmt.Errorf("aom: set bitrate: %w", encode.ErrClosed)
	}
	if err := e.native.setBitrate(bps); err != nil {
		return fmt.Errorf("aom: set bitrate %d: %w", bps, err)
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
