package encode_test

import (
	"testing"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// sheet is lines of marks that are all different, on a plain ground that is all
// there is in its right half.
func sheet(f capture.PixelFormat, width, height int) *capture.Frame {
	s := encode.NewFrame(f, width, height)
	for y := range height {
		for x := range width / 2 * s.Stride[0] / width {
			if y%15 < 11 {
				s.Plane[0][y*s.Stride[0]+x] = byte(uint32((y/3+1)*(x/5+7)) * 2654435761 >> 24 & 0x81)
			}
		}
	}
	return s
}

// crop is what a window of height rows shows of s from row top on.
func crop(s *capture.Frame, top, height int) *capture.Frame {
	f := *s
	f.Height, f.Plane[0] = height, s.Plane[0][top*s.Stride[0]:]
	return &f
}

func TestScrollIsFoundInWhatMoves(t *testing.T) {
	for _, format := range []capture.PixelFormat{capture.BGRA, capture.I444} {
		s := sheet(format, 1280, 4000)
		for _, rows := range []int{1, -1, 5, -17, 90, 200, -200} {
			var told encode.Scroll
			told.See(crop(s, 1000, 720))
			got := told.See(crop(s, 1000-rows, 720))
			if got.Rows != rows || !got.Scrolled() {
				t.Errorf("%v moved by %d rows: %+v", format, rows, got)
			}
		}
	}
}

// slide is what a window of width columns shows of s from column left on.
func slide(s *capture.Frame, left, width int) *capture.Frame {
	f := *s
	f.Width, f.Plane[0] = width, s.Plane[0][left*s.Stride[0]/s.Width:]
	return &f
}

func TestScrollIsFoundSideways(t *testing.T) {
	for _, format := range []capture.PixelFormat{capture.BGRA, capture.I444} {
		s := sheet(format, 4096, 720)
		for _, columns := range []int{1, -1, 5, -17, 90, -200} {
			var told encode.Scroll
			told.See(slide(s, 400, 1280))
			told.See(slide(s, 400-columns, 1280)) // it takes two to look aside
			got := told.See(slide(s, 400-2*columns, 1280))
			if got.Columns != columns || got.Rows != 0 || !got.Scrolled() {
				t.Errorf("%v moved by %d columns: %+v", format, columns, got)
			}
		}
	}
}

// In motion few pictures are looked at, and what scrolls is found all the same.
func TestScrollIsFoundAfterMotion(t *testing.T) {
	s := sheet(capture.BGRA, 1280, 8000)
	var told encode.Scroll
	for i := range 100 {
		if got := told.See(crop(s, i*3333%7000, 720)); got.Scrolled() && i < 10 {
			t.Errorf("picture %d: %+v", i, got)
		}
	}
	late := 0
	for i := range 60 {
		if got := told.See(crop(s, i*5, 720)); got.Rows != -5 {
			late = i + 1
		}
	}
	if late > 20 {
		t.Errorf("scrolling is seen after %d pictures", late)
	}
}

// A page scrolls beside and below what stands still.
func TestScrollIsFoundInAPartOfThePicture(t *testing.T) {
	s := sheet(capture.BGRA, 1280, 4000)
	frame := func(top int) *capture.Frame {
		f := encode.NewFrame(capture.BGRA, 1280, 720)
		for y := range f.Height {
			copy(f.Plane[0][y*f.Stride[0]:][:f.Stride[0]], s.Plane[0][y*s.Stride[0]:])
			if y > 120 {
				copy(f.Plane[0][y*f.Stride[0]+4*200:], s.Plane[0][(top+y)*s.Stride[0]+4*200:][:4*1080])
			}
		}
		return f
	}
	var told encode.Scroll
	told.See(frame(2000))
	if got := told.See(frame(2024)); got.Rows != -24 || !got.Scrolled() || got.Changed > 60 {
		t.Errorf("%+v", got)
	}
}

func TestScrollIsNotSeenWhereThereIsNone(t *testing.T) {
	s := sheet(capture.BGRA, 1280, 8000)
	var told encode.Scroll
	if got := told.See(crop(s, 0, 720)); got.Changed != 100 || got.Scrolled() {
		t.Errorf("the first picture: %+v", got)
	}
	if got := told.See(crop(s, 0, 720)); got != (encode.Shift{}) {
		t.Errorf("the same picture: %+v", got)
	}
	if got := told.See(crop(s, 4003, 720)); got.Scrolled() {
		t.Errorf("another page: %+v", got)
	}
	if got := told.See(crop(s, 0, 360)); got.Changed != 100 {
		t.Errorf("another size: %+v", got)
	}
}

func TestScrollTakesPicturesOfAnySize(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {15, 3}, {127, 1}, {129, 200}} {
		var told encode.Scroll
		for _, format := range []capture.PixelFormat{capture.RGBA, capture.NV12} {
			f := encode.NewFrame(format, size[0], size[1])
			told.See(f)
			f.Plane[0][0]++
			if got := told.See(f); got.Changed == 0 && size[1] < 100 {
				t.Errorf("%v: %+v", size, got)
			}
		}
	}
}

func TestScrollAllocatesNothing(t *testing.T) {
	s := sheet(capture.BGRA, 1280, 1440)
	var told encode.Scroll
	told.See(crop(s, 0, 720))
	top := 0
	if n := testing.AllocsPerRun(10, func() { top += 7; told.See(crop(s, top, 720)) }); n > 1 { // crop's
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(5, func() { top = (top + 331) % 700; told.See(crop(s, top, 720)) }); n > 1 {
		t.Errorf("%v allocations where nothing scrolls", n)
	}
}

func BenchmarkScroll(b *testing.B) {
	s := sheet(capture.BGRA, 1920+1000, 4000)
	for name, see := range map[string]func(i int) *capture.Frame{
		"still":     func(int) *capture.Frame { return slide(crop(s, 0, 1080), 0, 1920) },
		"scrolling": func(i int) *capture.Frame { return slide(crop(s, i%500*5, 1080), 0, 1920) },
		"sideways":  func(i int) *capture.Frame { return slide(crop(s, 0, 1080), i%100*5, 1920) },
		"motion":    func(i int) *capture.Frame { return slide(crop(s, i*337%2900, 1080), i*91%900, 1920) },
	} {
		b.Run(name, func(b *testing.B) {
			var told encode.Scroll
			for i := 0; b.Loop(); i++ {
				told.See(see(i))
			}
		})
	}
}
