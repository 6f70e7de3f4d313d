package bench

import (
	"math"
	"slices"
	"testing"
)

// plain is a picture of one colour.
func plain(width, height int, v byte) Picture {
	return Picture{slices.Repeat([]byte{v, v, v, 0}, width*height), width, height}
}

// striped is a picture of vertical stripes, shifted to the left.
func striped(width, height, shift int) Picture {
	p := plain(width, height, 40)
	for i := range width * height {
		if (i%width+shift)/3%2 == 0 {
			copy(p.Pix[i*4:], []byte{200, 200, 200})
		}
	}
	return p
}

func TestPSNR(t *testing.T) {
	a := plain(16, 16, 100)
	if got := PSNR(a, plain(16, 16, 100)); got != mostPSNR {
		t.Errorf("a picture has %v dB against itself", got)
	}
	// An error of 5 everywhere: 20·log10(255/5).
	if got, want := PSNR(a, plain(16, 16, 105)), 34.1514; math.Abs(got-want) > 1e-3 {
		t.Errorf("an error of 5 everywhere has %v dB, want %v", got, want)
	}
	// The same in one channel of three is a third of the energy.
	blue := plain(16, 16, 100)
	for i := 0; i < len(blue.Pix); i += 4 {
		blue.Pix[i] = 105
		blue.Pix[i+3] = 255 // means nothing
	}
	if got, want := PSNR(a, blue), 34.1514+4.7712; math.Abs(got-want) > 1e-3 {
		t.Errorf("an error of 5 in blue has %v dB, want %v", got, want)
	}
}

func TestWithinAndLargestErrorSeeOneChannelOfOnePixel(t *testing.T) {
	a, b := plain(20, 20, 100), plain(20, 20, 101)
	b.Pix[4*(20*7+3)+2] = 97
	b.Pix[3] = 255
	for most, want := range map[int]bool{2: false, 3: true} {
		if got := Within(a, b, most); got != want {
			t.Errorf("within %d is %v", most, got)
		}
	}
	if got := LargestError(a, b); got != 3 {
		t.Errorf("the largest error is %d, want 3", got)
	}
}

func TestSSIM(t *testing.T) {
	a := striped(64, 48, 0)
	if got := SSIM(a, a); math.Abs(got-1) > 1e-9 {
		t.Errorf("a picture has %v against itself", got)
	}
	brighter := striped(64, 48, 0)
	for i := range brighter.Pix {
		brighter.Pix[i] += 10
	}
	shifted := SSIM(a, striped(64, 48, 3))
	if light := SSIM(a, brighter); light < 0.97 || shifted > 0 {
		t.Errorf("a little brighter is %.3f alike, stripes in each other's places %.3f", light, shifted)
	}
	// Two plain pictures differ in their means alone, where the formula is
	// (2ab + c1) / (a² + b² + c1).
	want := (2*50*150 + 6.5025) / (50*50 + 150*150 + 6.5025)
	if got := SSIM(plain(8, 8, 50), plain(8, 8, 150)); math.Abs(got-want) > 1e-6 {
		t.Errorf("two plain pictures are %v alike, want %v", got, want)
	}
}
