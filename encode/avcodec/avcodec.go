package avcodec

import (
	"fmt"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/internal/ffmpeg"
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

type decoder struct {
	native  *ffmpeg.Decoder
	picture ffmpeg.Picture
	frame   capture.Frame
}

func probe() error {
	n, err := ffmpeg.NewDecoder("h264")
	if err != nil {
		return err
	}
	n.Close()
	return nil
}

func newDecoder() (encode.Decoder, error) {
	n, err := ffmpeg.NewDecoder("h264")
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
	ok, err := d.native.Decode(c.Data, &d.picture)
	if err != nil {
		return nil, fmt.Errorf("avcodec: decode: %w", err)
	}
	if !ok {
		return nil, nil
	}
	switch d.picture.Format {
	case ffmpeg.YUV420P, ffmpeg.YUVJ420P:
		d.frame.Format = capture.I420
	case ffmpeg.YUV444P:
		d.frame.Format = capture.I444
	default:
		return nil, fmt.Errorf("avcodec: decode: a picture in FFmpeg's pixel format %d, not 4:2:0 or 4:4:4 with 8 bits", d.picture.Format)
	}
	d.frame.Width, d.frame.Height = d.picture.Width, d.picture.Height
	d.frame.Plane, d.frame.Stride = d.picture.Data, d.picture.Stride
	d.frame.Time = c.Time
	return &d.frame, nil
}

func (d *decoder) Close() error {
	if d.native != nil {
		d.native.Close()
		d.native = nil
	}
	return nil
}
