package encode

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/causeway-rtc/causeway/capture"
)

// noise returns a BGRA frame of random pixels with a stride that is no
// multiple of anything.
func noise(w, h int) *capture.Frame {
	r := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	f := &capture.Frame{Width: w, Height: h, Format: capture.BGRA}
	f.Stride[0] = 4*w + 13
	// The last row has no padding: reading past it would be reading too far.
	f.Plane[0] = make([]byte, (h-1)*f.Stride[0]+4*w)
	for i := range f.Plane[0] {
		f.Plane[0][i] = byte(r.Uint32())
	}
	return f
}

// exact is what BT.601 and BT.709 say of a colour, unrounded.
func exact(m Matrix, b, g, r float64) (y, u, v float64) {
	kr, kb := m.luma()
	l := kr*r + (1-kr-kb)*g + kb*b
	return 16 + l*219/255, 128 + (b-l)/(1-kb)/2*224/255, 128 + (r-l)/(1-kr)/2*224/255
}

func TestConvertIsExactToOneStep(t *testing.T) {
	for _, m := range []Matrix{BT601, BT709} {
		src := noise(67, 35)
		dst := NewFrame(capture.I420, src.Width, src.Height)
		if err := Convert(dst, src, m); err != nil {
			t.Fatal(err)
		}
		pixel := func(x, y int) []byte {
			return src.Plane[0][min(y, src.Height-1)*src.Stride[0]+4*min(x, src.Width-1):]
		}
		for y := range src.Height {
			for x := range src.Width {
				p := pixel(x, y)
				want, _, _ := exact(m, float64(p[0]), float64(p[1]), float64(p[2]))
				near(t, dst.Plane[0][y*dst.Stride[0]+x], want, 1.2, "%v: Y at %d,%d", m, x, y)
				if x%2 != 0 || y%2 != 0 {
					continue
				}
				var mean [3]float64
				for c := range mean {
					for _, q := range [][]byte{p, pixel(x+1, y), pixel(x, y+1), pixel(x+1, y+1)} {
						mean[c] += float64(q[c]) / 4
					}
				}
				_, u, v := exact(m, mean[0], mean[1], mean[2])
				near(t, dst.Plane[1][y/2*dst.Stride[1]+x/2], u, 0.6, "%v: U at %d,%d", m, x, y)
				near(t, dst.Plane[2][y/2*dst.Stride[2]+x/2], v, 0.6, "%v: V at %d,%d", m, x, y)
			}
		}
	}
}

func near(t *testing.T, got byte, want, within float64, format string, args ...any) {
	t.Helper()
	if math.Abs(float64(got)-want) > within {
		t.Fatalf(format+" is %d, want %.2f", append(args, got, want)...)
	}
}

func TestGreyIsGrey(t *testing.T) {
	for _, m := range []Matrix{BT601, BT709} {
		for _, c := range []struct{ grey, y byte }{{0, 16}, {255, 235}, {128, 126}} {
			src := NewFrame(capture.BGRA, 64, 2)
			for i := range src.Plane[0] {
				src.Plane[0][i] = c.grey
			}
			dst := NewFrame(capture.I420, 64, 2)
			if err := Convert(dst, src, m); err != nil {
				t.Fatal(err)
			}
			got := [3]byte{dst.Plane[0][33], dst.Plane[1][17], dst.Plane[2][17]}
			if want := [3]byte{c.y, 128, 128}; got != want {
				t.Errorf("%v: grey %d is %v, want %v", m, c.grey, got, want)
			}
		}
	}
}

// sizes are such that whole vectors, their rest, and odd edges all occur.
var sizes = []image.Point{{1, 1}, {1, 2}, {2, 1}, {3, 3}, {31, 5}, {32, 2}, {33, 4}, {64, 3}, {97, 7}, {641, 11}}

func TestConvertIsTheSameInCAndGo(t *testing.T) {
	for _, size := range sizes {
		for _, format := range []capture.PixelFormat{capture.I420, capture.NV12, capture.I444} {
			src := noise(size.X, size.Y)
			got, want := NewFrame(format, size.X, size.Y), NewFrame(format, size.X, size.Y)
			if err := Convert(got, src, BT709); err != nil {
				t.Fatal(err)
			}
			fromBGRAGeneric(want, src, image.Rectangle{Max: size}, BT709)
			for i := range want.Plane {
				// The padding is compared too: it must stay untouched.
				if !bytes.Equal(got.Plane[i], want.Plane[i]) {
					t.Errorf("%v to %v: plane %d differs", size, format, i)
				}
			}
		}
	}
}

func TestRepackKeepsEveryValue(t *testing.T) {
	for _, size := range sizes {
		planar := NewFrame(capture.I420, size.X, size.Y)
		packed, again := NewFrame(capture.NV12, size.X, size.Y), NewFrame(capture.I420, size.X, size.Y)
		src := noise(size.X, size.Y)
		for _, step := range [][2]*capture.Frame{{planar, src}, {packed, planar}, {again, packed}} {
			if err := Convert(step[0], step[1], BT601); err != nil {
				t.Fatal(err)
			}
		}
		for i := range planar.Plane {
			if !bytes.Equal(planar.Plane[i], again.Plane[i]) {
				t.Errorf("%v: plane %d differs", size, i)
			}
		}
	}
}

func TestColoursComeBack(t *testing.T) {
	for _, m := range []Matrix{BT601, BT709} {
		for _, format := range []capture.PixelFormat{capture.I420, capture.NV12} {
			for _, c := range [][3]byte{{0, 0, 255}, {0, 255, 0}, {255, 0, 0}, {255, 255, 255}, {0, 0, 0}, {10, 200, 90}} {
				src, back := NewFrame(capture.BGRA, 4, 4), NewFrame(capture.BGRA, 4, 4)
				for i := range src.Plane[0] {
					src.Plane[0][i] = append(c[:], 255)[i%4]
				}
				mid := NewFrame(format, 4, 4)
				if err := Convert(mid, src, m); err != nil {
					t.Fatal(err)
				}
				if err := Convert(back, mid, m); err != nil {
					t.Fatal(err)
				}
				for i, want := range c {
					near(t, back.Plane[0][i], float64(want), 3, "%v %v: channel %d of %v", m, format, i, c)
				}
			}
		}
	}
}

func TestEveryColourComesBackAsItWasIn444(t *testing.T) {
	src := noise(200, 100)
	mid, back := NewFrame(capture.I444, 200, 100), NewFrame(capture.BGRA, 200, 100)
	if err := Convert(mid, src, BT709); err != nil {
		t.Fatal(err)
	}
	if err := Convert(back, mid, BT709); err != nil {
		t.Fatal(err)
	}
	for y := range 100 {
		for x := range 200 {
			for c := range 3 {
				want := src.Plane[0][y*src.Stride[0]+4*x+c]
				near(t, back.Plane[0][y*back.Stride[0]+4*x+c], float64(want), 2, "channel %d at %d,%d", c, x, y)
			}
		}
	}
}

func TestConverterFollowsDamage(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, format := range []capture.PixelFormat{capture.I420, capture.NV12} {
		src := noise(101, 53)
		c := NewConverter(format, src.Width, src.Height, BT709)
		want := NewFrame(format, src.Width, src.Height)
		for i := range 50 {
			src.Damage = nil
			if i > 0 {
				src.Damage = []image.Rectangle{scribble(r, src), scribble(r, src)}
			}
			got, err := c.Convert(src, false)
			if err != nil {
				t.Fatal(err)
			}
			if err := Convert(want, src, BT709); err != nil {
				t.Fatal(err)
			}
			if !samePicture(got, want) {
				t.Fatalf("%v, frame %d differs after damage %v", format, i, src.Damage)
			}
		}
	}
}

// samePicture compares what can be seen of two frames of one format.
func samePicture(a, b *capture.Frame) bool {
	for i := range a.Plane {
		bytesPerRow, rows := planeSize(a, i)
		for y := range rows {
			p, q := a.Plane[i][y*a.Stride[i]:], b.Plane[i][y*b.Stride[i]:]
			if !bytes.Equal(p[:bytesPerRow], q[:bytesPerRow]) {
				return false
			}
		}
	}
	return true
}

func TestConverterRepeatsTheEdgeOfOddSizes(t *testing.T) {
	src := noise(5, 3)
	got, err := NewConverter(capture.NV12, 5, 3, BT709).Convert(src, false)
	if err != nil {
		t.Fatal(err)
	}
	y := got.Plane[0]
	for row := range 4 {
		if last := y[min(row, 2)*got.Stride[0]+4]; y[row*got.Stride[0]+5] != last {
			t.Errorf("row %d ends in %d, want %d again", row, y[row*got.Stride[0]+5], last)
		}
	}
	if !bytes.Equal(y[3*got.Stride[0]:][:5], y[2*got.Stride[0]:][:5]) {
		t.Error("the row below the last differs from it")
	}
}

// scribble changes the pixels of a random rectangle, which it returns. Some
// of it may lie outside of the frame.
func scribble(r *rand.Rand, f *capture.Frame) image.Rectangle {
	at := image.Pt(r.IntN(f.Width+20)-10, r.IntN(f.Height+20)-10)
	d := image.Rectangle{Min: at, Max: at.Add(image.Pt(r.IntN(40), r.IntN(40)))}
	in := d.Intersect(image.Rect(0, 0, f.Width, f.Height))
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := 4 * in.Min.X; x < 4*in.Max.X; x++ {
			f.Plane[0][y*f.Stride[0]+x] = byte(r.Uint32())
		}
	}
	return d
}

func TestConvertRefusesFramesThatLie(t *testing.T) {
	good := noise(16, 16)
	short, size, thin := *good, *good, *good
	short.Plane[0] = short.Plane[0][1:]
	size.Height = 17
	thin.Stride[0] = 63
	format := *good
	format.Format = 9
	for name, f := range map[string]*capture.Frame{"short": &short, "size": &size, "thin": &thin, "format": &format, "empty": {}} {
		if err := Convert(NewFrame(capture.I420, 16, 16), f, BT709); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := Convert(NewFrame(capture.I420, 18, 16), good, BT709); err == nil {
		t.Error("frames of two sizes: no error")
	}
}

func TestConvertAllocatesNothing(t *testing.T) {
	src := noise(320, 180)
	c := NewConverter(capture.NV12, src.Width, src.Height, BT709)
	n := testing.AllocsPerRun(20, func() {
		if _, err := c.Convert(src, true); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkConvert(b *testing.B) {
	for _, size := range []image.Point{{1280, 720}, {1920, 1080}} {
		for _, format := range []capture.PixelFormat{capture.I420, capture.NV12} {
			b.Run(fmt.Sprintf("%v/%dp", format, size.Y), func(b *testing.B) {
				src, dst := noise(size.X, size.Y), NewFrame(format, size.X, size.Y)
				for b.Loop() {
					if err := Convert(dst, src, BT709); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms/frame")
			})
		}
	}
}
