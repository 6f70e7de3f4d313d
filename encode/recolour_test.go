package encode

import (
	"image"
	"testing"

	"github.com/causeway-rtc/causeway/capture"
)

// blocks returns a BGRA picture whose colours change every two pixels, so that
// chroma is exact, and stay away from the ends, where U and V are cut off.
func blocks(w, h int) *capture.Frame {
	f := NewFrame(capture.BGRA, w, h)
	for y := range h {
		for x := range w {
			p := f.Plane[0][y*f.Stride[0]+4*x:]
			p[0], p[1], p[2], p[3] = byte(40+x/2*37%176), byte(40+y/2*53%176), byte(40+(x/2+y/2)*71%176), 255
		}
	}
	return f
}

func TestConverterTakesPlanesToBeBT709(t *testing.T) {
	for _, size := range []image.Point{{64, 48}, {67, 35}, {1, 1}} {
		for _, format := range []capture.PixelFormat{capture.I420, capture.NV12} {
			src := blocks(size.X, size.Y)
			want := NewFrame(capture.I420, size.X, size.Y)
			given := NewFrame(format, size.X, size.Y)
			if err := Convert(want, src, BT601); err != nil {
				t.Fatal(err)
			}
			if err := Convert(given, src, BT709); err != nil {
				t.Fatal(err)
			}
			got, err := NewConverter(capture.I420, size.X, size.Y, BT601).Convert(given, false)
			if err != nil {
				t.Fatal(err)
			}
			for i := range want.Plane {
				bytes, rows := planeSize(want, i)
				for at := range bytes * rows {
					x, y := at%bytes, at/bytes
					near(t, got.Plane[i][y*got.Stride[i]+x], float64(want.Plane[i][y*want.Stride[i]+x]), 2,
						"%v %v: plane %d at %d,%d", size, format, i, x, y)
				}
			}
		}
	}
}

func TestRecolouredPlanesFollowDamage(t *testing.T) {
	given := NewFrame(capture.NV12, 32, 16)
	if err := Convert(given, blocks(32, 16), BT709); err != nil {
		t.Fatal(err)
	}
	c := NewConverter(capture.I420, 32, 16, BT601)
	for range 3 {
		if _, err := c.Convert(given, false); err != nil {
			t.Fatal(err)
		}
		given.Damage = []image.Rectangle{image.Rect(3, 3, 9, 9), image.Rect(20, 0, 32, 5)}
	}
	got, err := c.Convert(given, false)
	if err != nil {
		t.Fatal(err)
	}
	want, err := NewConverter(capture.I420, 32, 16, BT601).Convert(given, true)
	if err != nil {
		t.Fatal(err)
	}
	if !samePicture(got, want) {
		t.Error("what was damaged is not converted once")
	}
}

func TestRGBAIsBGRAWithRedAndBlueExchanged(t *testing.T) {
	for _, format := range []capture.PixelFormat{capture.I420, capture.NV12} {
		src := noise(67, 35)
		swapped := *src
		swapped.Format = capture.RGBA
		swapped.Plane[0] = append([]byte(nil), src.Plane[0]...)
		for y := range src.Height {
			for x := range src.Width {
				p := swapped.Plane[0][y*src.Stride[0]+4*x:]
				p[0], p[2] = p[2], p[0]
			}
		}
		got, want := NewFrame(format, 67, 35), NewFrame(format, 67, 35)
		for _, c := range [][2]*capture.Frame{{got, &swapped}, {want, src}} {
			if err := Convert(c[0], c[1], BT709); err != nil {
				t.Fatal(err)
			}
		}
		if !samePicture(got, want) {
			t.Errorf("%v: RGBA makes another picture than BGRA", format)
		}
	}
	if err := Convert(NewFrame(capture.RGBA, 4, 4), NewFrame(capture.BGRA, 4, 4), BT709); err == nil {
		t.Error("BGRA to RGBA: no error")
	}
}
