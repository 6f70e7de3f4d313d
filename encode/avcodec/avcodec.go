package avcodec

import (
	"fmt"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// Backend decodes H.264 with libavcodec, and High444 what is of that profile.
var (
	Backend = encode.Backend{
		Name:       "avcodec",
		Codec:      encode.H264,
		Probe:      probe,
		NewDecoder: newDecoder,
	}
	High444 = encode.Backend{
		Name:       "avcodec-444",
		Codec:      encode.H264High444,
		Probe:      probe,
		NewDecoder: newDecoder,
	}
)

// The formats of pictures that we can pass on (AVPixelFormat, whose numbers
// are part of FFmpeg's stable interface).
const (
	pixelYUV420P  = 0
	pixelYUV444P  = 5
	pixelYUVJ420P = 12
)

type decoder struct {
	native *native
	frame  capture.Frame
}

func newDecoder() (encode.Decoder, error) {
	n, err := open("h264")
	if err != nil {
		return nil, fmt.Errorf("avcodec: open: %w", err)
	}
	return &decoder{native: n}, nil
}

func (d *decoder) Decode(c *encode.Chunk) (*capture.Frame, error) {
	if d.native == nil {
		return nil, fmt.Errorf("avcodec: decode: %w", encode.ErrClosed)
	}
	if len(c.Data) == 0 {
		return nil, nil
	}
	format, ok, err := d.native.decode(c.Data, &d.frame)
	if err != nil {
		return nil, fmt.Errorf("avcodec: decode: %w", err)
	}
	if !ok {
		return nil, nil
	}
	switch format {
	case pixelYUV420P, pixelYUVJ420P:
		d.frame.Format = capture.I420
	case pixelYUV444P:
		d.frame.Format = capture.I444
	default:
		return nil, fmt.Errorf("avcodec: decode: a picture in FFmpeg's pixel format %d, not 4:2:0 or 4:4:4 with 8 bits", format)
	}
	d.frame.Time = c.Time
	return &d.frame, nil
}

func (d *decoder) Close() error {
	if d.native != nil {
		d.native.close()
		d.native = nil
	}
	return nil
}
