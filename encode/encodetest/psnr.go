package encodetest

import (
	"math"
	"testing"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// PSNR is the peak signal-to-noise ratio of a's luma to b's in decibels. Both
// are I420 or NV12; where they differ in size, what they share is compared.
func PSNR(a, b *capture.Frame) float64 {
	var sum, n float64
	for y := range min(a.Height, b.Height) {
		p, q := a.Plane[0][y*a.Stride[0]:], b.Plane[0][y*b.Stride[0]:]
		for x := range min(a.Width, b.Width) {
			d := float64(p[x]) - float64(q[x])
			sum += d * d
			n++
		}
	}
	return 10 * math.Log10(255*255*n/max(sum, 1))
}

// psnr compares a decoded picture with the BGRA one that it shows.
func (s suite) psnr(t *testing.T, got, src *capture.Frame) float64 {
	t.Helper()
	want := encode.NewFrame(capture.I420, src.Width, src.Height)
	if err := encode.Convert(want, src, s.b.Codec.Matrix); err != nil {
		t.Fatal(err)
	}
	return PSNR(got, want)
}
