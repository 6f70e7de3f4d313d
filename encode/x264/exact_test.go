package x264_test

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/avcodec"
	"github.com/causeway-rtc/causeway/encode/encodetest"
	"github.com/causeway-rtc/causeway/encode/x264"
)

// page is a page of text in the colours of an editor.
func page(width, height int, seed uint64) *capture.Frame {
	r := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.RGBA{30, 30, 46, 255}), image.Point{}, draw.Src)
	inks := []color.RGBA{{205, 214, 244, 255}, {243, 139, 168, 255}, {166, 227, 161, 255}, {137, 180, 250, 255}, {249, 226, 175, 255}}
	for y := 16; y < height; y += 15 {
		d := font.Drawer{Dst: img, Face: basicfont.Face7x13, Dot: fixed.P(8, y)}
		for d.Dot.X.Round() < width*(40+r.IntN(55))/100 {
			d.Src = image.NewUniform(inks[r.IntN(len(inks))])
			word := make([]byte, 2+r.IntN(9))
			for i := range word {
				word[i] = byte('a' + r.IntN(26))
			}
			d.DrawString(string(word) + " ")
		}
	}
	f := encode.NewFrame(capture.RGBA, width, height)
	for y := range height {
		copy(f.Plane[0][y*f.Stride[0]:], img.Pix[y*img.Stride:][:4*width])
	}
	return f
}

// psnr is how near two pictures are to each other, over all of RGB, in dB.
func psnr(t *testing.T, got, want *capture.Frame) float64 {
	t.Helper()
	back := encode.NewFrame(capture.BGRA, got.Width, got.Height)
	if err := encode.Convert(back, got, encode.H264High444.Matrix); err != nil {
		t.Fatal(err)
	}
	var sum float64
	for y := range want.Height {
		for x := range want.Width {
			for c := range 3 {
				d := int(back.Plane[0][y*back.Stride[0]+4*x+c]) - int(want.Plane[0][y*want.Stride[0]+4*x+2-c])
				sum += float64(d * d)
			}
		}
	}
	return 10 * math.Log10(255*255/(sum/float64(3*want.Width*want.Height)))
}

// A page of text that another takes the place of is sent again, ten times a
// second, as streams does: it becomes as good as exact, and takes neither long
// nor much.
func TestTextThatStandsStillBecomesExact(t *testing.T) {
	encodetest.Need(t, x264.High444)
	encodetest.Need(t, avcodec.High444)
	const width, height = 1280, 720
	e, err := x264.High444.NewEncoder(encode.Params{Width: width, Height: height})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	d, err := avcodec.High444.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	at, bytes := time.Duration(0), 0
	send := func(f *capture.Frame) *capture.Frame {
		var c encode.Chunk
		f.Time = at
		if err := e.Encode(&c, f, false); err != nil {
			t.Fatal(err)
		}
		at, bytes = at+100*time.Millisecond, bytes+len(c.Data)
		got, err := d.Decode(&c)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for range 40 {
		send(page(width, height, 1))
	}
	next := page(width, height, 2)
	began, db := at, map[time.Duration]float64{}
	for bytes = 0; at < began+3*time.Second; {
		if got := send(next); got != nil {
			db[at-began] = psnr(t, got, next)
			t.Logf("after %v: %d bytes, %.1f dB", at-began, bytes, db[at-began])
		}
	}
	if db[time.Second] < 44 || db[1500*time.Millisecond] < 47 || db[3*time.Second] < 50 || bytes > 1_000_000 {
		t.Errorf("after 1, 1.5 and 3 s it is at %.1f, %.1f and %.1f dB, with %d bytes",
			db[time.Second], db[1500*time.Millisecond], db[3*time.Second], bytes)
	}
}
