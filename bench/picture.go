package bench

import (
	"fmt"
	"math"
)

// Picture is what a display showed at one moment: rows of BGRA pixels without
// a gap between them. The fourth byte of a pixel means nothing.
type Picture struct {
	Pix           []byte
	Width, Height int
}

// sameSize panics when the pictures cannot be compared: they come from two
// displays that the rig has made equally large.
func sameSize(a, b Picture) {
	if a.Width != b.Width || a.Height != b.Height || len(a.Pix) != len(b.Pix) {
		panic(fmt.Sprintf("bench: compare pictures of %d×%d and %d×%d", a.Width, a.Height, b.Width, b.Height))
	}
}

// mostPSNR stands for infinity, the ratio of a picture to itself, and is more
// than any other pair of pictures has.
const mostPSNR = 99

// PSNR is the peak signal-to-noise ratio of two pictures in decibels, over
// red, green and blue alike: colour that is smeared counts as much as light
// that is. Pictures that are equal have 99.
func PSNR(a, b Picture) float64 {
	sameSize(a, b)
	var sum uint64
	for i := 0; i+3 < len(a.Pix); i += 4 {
		for c := range 3 {
			d := int(a.Pix[i+c]) - int(b.Pix[i+c])
			sum += uint64(d * d)
		}
	}
	if sum == 0 {
		return mostPSNR
	}
	const peak = 255
	mean := float64(sum) / float64(3*a.Width*a.Height)
	return min(10*math.Log10(peak*peak/mean), mostPSNR)
}

// Within tells whether no channel of any pixel differs by more than most. It
// looks no further than the first that does.
func Within(a, b Picture, most int) bool {
	sameSize(a, b)
	for i := 0; i+3 < len(a.Pix); i += 4 {
		for c := range 3 {
			if d := int(a.Pix[i+c]) - int(b.Pix[i+c]); d > most || -d > most {
				return false
			}
		}
	}
	return true
}

// LargestError is by how much the worst channel of the worst pixel differs.
func LargestError(a, b Picture) int {
	sameSize(a, b)
	largest := 0
	for i := 0; i+3 < len(a.Pix); i += 4 {
		for c := range 3 {
			d := int(a.Pix[i+c]) - int(b.Pix[i+c])
			largest = max(largest, d, -d)
		}
	}
	return largest
}

// ssimWindow is the side of the squares, in pixels, of which each has a
// structural similarity of its own.
const ssimWindow = 8

// SSIM is the mean structural similarity of two pictures' luma after Wang et
// al. (2004), with the usual constants, over squares of 8×8 pixels that do not
// overlap. It is 1 for pictures that are equal.
func SSIM(a, b Picture) float64 {
	sameSize(a, b)
	sum, n := 0.0, 0
	for y := 0; y+ssimWindow <= a.Height; y += ssimWindow {
		for x := 0; x+ssimWindow <= a.Width; x += ssimWindow {
			sum += windowSSIM(a, b, x, y)
			n++
		}
	}
	if n == 0 {
		return 1
	}
	return sum / float64(n)
}

// windowSSIM is the similarity of the squares whose top left corner is x, y.
func windowSSIM(a, b Picture, x, y int) float64 {
	var sa, sb, saa, sbb, sab int
	for row := y; row < y+ssimWindow; row++ {
		at := (row*a.Width + x) * 4
		pa, pb := a.Pix[at:at+ssimWindow*4], b.Pix[at:at+ssimWindow*4]
		for i := 0; i < len(pa); i += 4 {
			la, lb := luma(pa[i:]), luma(pb[i:])
			sa, sb = sa+la, sb+lb
			saa, sbb, sab = saa+la*la, sbb+lb*lb, sab+la*lb
		}
	}
	const (
		n  = ssimWindow * ssimWindow
		c1 = (0.01 * 255) * (0.01 * 255)
		c2 = (0.03 * 255) * (0.03 * 255)
	)
	ma, mb := float64(sa)/n, float64(sb)/n
	va, vb := float64(saa)/n-ma*ma, float64(sbb)/n-mb*mb
	cov := float64(sab)/n - ma*mb
	return (2*ma*mb + c1) * (2*cov + c2) / ((ma*ma + mb*mb + c1) * (va + vb + c2))
}

// luma is the brightness of a BGRA pixel by the weights of ITU-R BT.709.
func luma(pix []byte) int {
	return (18*int(pix[0]) + 183*int(pix[1]) + 55*int(pix[2])) >> 8
}
