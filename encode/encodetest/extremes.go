package encodetest

import (
	"testing"

	"github.com/causeway-rtc/causeway/encode"
)

// Extremes checks that b takes the smallest and the largest pictures, and
// those that are nearly all edge, as they are; H.264 in 4:2:0 makes sides even.
func Extremes(t *testing.T, b encode.Backend, o Options) {
	Need(t, b)
	s := suite{b, o}
	for _, size := range [][2]int{{1, 1}, {3, 1000}, {2049, 1}, {4095, 2303}, {4096, 2304}} {
		p := encode.Params{Width: size[0], Height: size[1], Bitrate: 50_000_000}
		got, db := s.roundTrip(t, p, Patches(p.Width, p.Height), 2)
		width, height := p.Width, p.Height
		if b.Codec.Name == encode.H264.Name {
			width, height = width+width%2, height+height%2
		}
		if got.Width != width || got.Height != height || db < floor-8 {
			t.Errorf("%v: decodes to %d×%d with %.1f dB", size, got.Width, got.Height, db)
		}
	}
}
