package vpx

import (
	"math/bits"

	"github.com/causeway-rtc/causeway/encode"
)

// Backend encodes and decodes VP8 with libvpx.
var Backend = vp8.backend("vpx")

// VP9 encodes and decodes VP9, profile 0, with libvpx.
var VP9 = vp9.backend("vpx-vp9")

// format is one of the two that libvpx has.
type format struct {
	codec  encode.Codec
	vp9    bool
	isKey  func([]byte) bool
	choose func(encode.Params) settings
	// steps are the coarsest quantisers of a picture that stands still, from
	// the first time on that it comes again. None leaves it to rate control.
	steps []int
}

var (
	vp8 = format{codec: encode.VP8, isKey: encode.IsKeyVP8, choose: chooseVP8}
	vp9 = format{codec: encode.VP9, vp9: true, isKey: encode.IsKeyVP9, choose: chooseVP9, steps: []int{40, 28, 18, 10, 4, 0}}
)

func (f format) backend(name string) encode.Backend {
	return encode.Backend{Name: name, Codec: f.codec, Probe: probe, NewEncoder: f.newEncoder, NewDecoder: f.newDecoder}
}

// worstQuantizer is the coarsest that there is.
const worstQuantizer = 63

// settings is what the C side is opened with, beside the parameters.
type settings struct {
	vp9 bool
	// speed is libvpx's cpu-used: more is faster and worse.
	speed int
	// parts is the logarithm of the number of parts that a picture is written
	// in, which several threads can do at once: token partitions of VP8, tile
	// columns of VP9.
	parts int
	// bufferMS is how much longer than its share a burst may take to send, in
	// milliseconds.
	bufferMS int
	// maxIntraPercent bounds a key frame, in percent of a frame's share.
	maxIntraPercent int
	// bestQuantizer is the finest that rate control uses.
	bestQuantizer int
}

// chooseVP8 returns settings for a size.
func chooseVP8(p encode.Params) settings {
	s := settings{speed: 12, bufferMS: 150, maxIntraPercent: 600, bestQuantizer: 4}
	if p.Width*p.Height > 1280*720 {
		s.speed = 16
	}
	if p.Threads > 1 {
		s.parts = 1
	}
	return s
}

// chooseVP9 returns settings for a size. Tiles are at least 256 pixels wide,
// and more of them than threads are prediction lost for nothing.
func chooseVP9(p encode.Params) settings {
	s := settings{vp9: true, speed: 9, bufferMS: 150, maxIntraPercent: 1200}
	s.parts = min(bits.Len(uint(p.Threads))-1, bits.Len(uint(p.Width/256)))
	return s
}
