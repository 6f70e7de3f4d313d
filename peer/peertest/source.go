package peertest

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"image"
	"strconv"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/streams"
)

// Source is a [streams.Source] of chunks that look like video to everything
// but a decoder, and say in themselves when they were captured.
type Source struct {
	// FPS is how many come a second. Zero means 60.
	FPS int
	// Size is about how long each is in bytes, key frames four times that.
	// Zero means 3000.
	Size int
	// Formats are the codecs. Nil means H.264 and VP8.
	Formats []encode.Codec
}

// Codecs is that of [streams.Source].
func (s *Source) Codecs() []encode.Codec {
	if s.Formats == nil {
		return []encode.Codec{encode.H264, encode.VP8}
	}
	return s.Formats
}

// Run is that of [streams.Source]. The pointer moves one pixel a frame, and
// has a shape of one pixel.
func (s *Source) Run(ctx context.Context, d *streams.Demand) {
	fps, size := s.FPS, s.Size
	if fps == 0 {
		fps = 60
	}
	if size == 0 {
		size = 3000
	}
	d.SetSize(640, 480)
	shape := &capture.CursorShape{Image: image.NewRGBA(image.Rect(0, 0, 1, 1))}
	ticker := time.NewTicker(time.Second / time.Duration(fps))
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-d.Changed():
		}
		now := capture.Now()
		for _, w := range d.Wants(nil, now) {
			d.Deliver(w.Rung, Chunk(w.Codec, w.Key, now, size), time.Millisecond)
		}
		d.SetCursor(capture.Cursor{X: n % 640, Y: 240, Visible: true, Shape: shape})
	}
}

// Chunk makes a chunk of about size bytes that was captured at t.
func Chunk(codec encode.Codec, key bool, t time.Duration, size int) *encode.Chunk {
	c := &encode.Chunk{Key: key, Time: t, Width: 640, Height: 480}
	if key {
		size *= 4
	}
	text := fmt.Appendf(nil, "t=%d;", t.Microseconds())
	body := append(text, bytes.Repeat([]byte{0xa5}, max(size-len(text), 0))...)
	switch {
	case codec.MIMEType == encode.H264.MIMEType && key:
		c.Data, _ = hex.DecodeString("000000016742e01f000000016801000000" + "0165")
	case codec.MIMEType == encode.H264.MIMEType:
		c.Data = []byte{0, 0, 0, 1, 0x41}
	case codec.MIMEType == encode.VP8.MIMEType && key:
		c.Data = []byte{0x10}
	case codec.MIMEType == encode.VP8.MIMEType:
		c.Data = []byte{0x11}
	default:
		c.Width, c.Height, c.Duration = 0, 0, 10*time.Millisecond
	}
	c.Data = append(c.Data, body...)
	return c
}

// CapturedAt reads out of a chunk's data when it was captured, in the clock
// of the host's capture.Now.
func CapturedAt(data []byte) (time.Duration, error) {
	_, rest, found := bytes.Cut(data, []byte("t="))
	number, _, closed := bytes.Cut(rest, []byte(";"))
	us, err := strconv.ParseInt(string(number), 10, 64)
	if !found || !closed || err != nil {
		return 0, fmt.Errorf("peertest: no time in %.40x", data)
	}
	return time.Duration(us) * time.Microsecond, nil
}

// AudioSource is a [streams.Source] of packets that look like Opus.
type AudioSource struct{}

// Codecs is that of [streams.Source].
func (AudioSource) Codecs() []encode.Codec { return []encode.Codec{encode.Opus} }

// Run is that of [streams.Source].
func (AudioSource) Run(ctx context.Context, d *streams.Demand) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			d.Deliver(streams.Rung{Codec: encode.Opus}, Chunk(encode.Opus, true, capture.Now(), 80), 0)
		}
	}
}

// NoVideo lists codecs that no host's video is in.
func NoVideo() []encode.Codec { return []encode.Codec{encode.Opus} }
