package mediadevices

import (
	"fmt"
	"image"
	"io"

	"github.com/pion/mediadevices/pkg/codec"
	"github.com/pion/mediadevices/pkg/io/video"
	"github.com/pion/mediadevices/pkg/prop"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// adapter is an encode.Encoder made of one of mediadevices.
type adapter struct {
	name    string
	isKey   func(data []byte) bool
	convert *encode.Converter
	inner   codec.ReadCloser
	// picture is what the inner encoder's next pull gets; fresh is true until
	// it did.
	picture image.YCbCr
	fresh   bool
	bucket  bucket
}

// adapt opens an encoder that builder makes, called name in errors. isKey
// tells key frames from others.
func adapt(name string, builder codec.VideoEncoderBuilder, p encode.Params, m encode.Matrix, isKey func([]byte) bool) (encode.Encoder, error) {
	a := &adapter{name: name, isKey: isKey, bucket: newBucket(p.Bitrate, p.FPS)}
	a.convert = encode.NewConverter(capture.I420, p.Width, p.Height, m)
	media := prop.Media{Video: prop.Video{Width: even(p.Width), Height: even(p.Height), FrameRate: float32(p.FPS)}}
	inner, err := builder.BuildVideoEncoder(video.ReaderFunc(a.read), media)
	if err != nil {
		return nil, fmt.Errorf("%s: open: %w", name, err)
	}
	a.inner = inner
	return a, nil
}

// read is what the inner encoder calls from within its Read.
func (a *adapter) read() (image.Image, func(), error) {
	if !a.fresh {
		// A second pull for one chunk would have to wait for a frame that
		// comes only after the chunk.
		return nil, func() {}, io.ErrNoProgress
	}
	a.fresh = false
	return &a.picture, func() {}, nil
}

func (a *adapter) Encode(c *encode.Chunk, f *capture.Frame, key bool) error {
	if a.inner == nil {
		return fmt.Errorf("%s: encode: %w", a.name, encode.ErrClosed)
	}
	in, err := a.convert.Convert(f, key)
	if err != nil {
		return fmt.Errorf("%s: %w", a.name, err)
	}
	if key {
		if err := a.forceKey(); err != nil {
			return fmt.Errorf("%s: force a key frame: %w", a.name, err)
		}
	}
	w, h := even(f.Width), even(f.Height)
	*c = encode.Chunk{Data: c.Data[:0], Time: f.Time, Width: w, Height: h}
	if a.bucket.full() && !key {
		a.bucket.add(0)
		return nil
	}
	a.picture = image.YCbCr{
		Y: in.Plane[0], Cb: in.Plane[1], Cr: in.Plane[2],
		YStride: in.Stride[0], CStride: in.Stride[1],
		SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, w, h),
	}
	a.fresh = true
	data, release, err := a.inner.Read()
	if err != nil {
		return fmt.Errorf("%s: encode: %w", a.name, err)
	}
	c.Data, c.Key = append(c.Data, data...), a.isKey(data)
	a.bucket.add(len(data))
	release()
	return nil
}

func (a *adapter) forceKey() error {
	k, ok := a.inner.Controller().(codec.KeyFrameController)
	if !ok {
		return fmt.Errorf("%T cannot", a.inner.Controller())
	}
	return k.ForceKeyFrame()
}

func (a *adapter) SetBitrate(bps int) error {
	if a.inner == nil {
		return fmt.Errorf("%s: set bitrate: %w", a.name, encode.ErrClosed)
	}
	b, ok := a.inner.Controller().(codec.BitRateController)
	if !ok {
		return fmt.Errorf("%s: set bitrate: %T cannot", a.name, a.inner.Controller())
	}
	if err := b.SetBitRate(bps); err != nil {
		return fmt.Errorf("%s: set bitrate %d: %w", a.name, bps, err)
	}
	a.bucket.perFrame = float64(bps) / a.bucket.fps
	return nil
}

func (a *adapter) Close() error {
	if a.inner == nil {
		return nil
	}
	err := a.inner.Close()
	a.inner = nil
	if err != nil {
		return fmt.Errorf("%s: close: %w", a.name, err)
	}
	return nil
}

func even(n int) int { return (n + 1) &^ 1 }
