package bench

import (
	"bytes"
	"image"
	"testing"
)

// blank is a sheet of its own.
func blank(width, height int) sheet { return sheet{make([]byte, width*height*4), width, height} }

func write(t *testing.T) writer {
	t.Helper()
	w, err := newWriter()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestTextIsSmoothAndColoured(t *testing.T) {
	w, s := write(t), blank(400, 40)
	s.fill(image.Rect(0, 0, 400, 40), night)
	end := w.mono.write(s, 5, 3, "return frame", keywordInk)
	if want := 5 + len("return frame")*w.mono.glyph('m').advance; end != want {
		t.Errorf("the text ends at %d, want %d", end, want)
	}
	full, between := 0, 0
	for i := 0; i < len(s.pix); i += 4 {
		switch r := s.pix[i+2]; {
		case r == keywordInk.R:
			full++
		case r != night.R:
			between++
		}
	}
	if full < 20 || between < 50 {
		t.Errorf("%d pixels have the text's colour, %d are edges", full, between)
	}
}

func TestPagesDifferAndAreNoBarcode(t *testing.T) {
	w := write(t)
	const width, height = 640, 360
	var pages [2]sheet
	for i := range pages {
		pages[i] = blank(width, height)
		paintPage(w, pages[i], i)
		for y := range height {
			for x := 0; x+BarcodeWidth <= width; x += 8 {
				at := (y*width + x) * 4
				if c := ReadBarcode(pages[i].pix[at : at+BarcodeWidth*4]); c == CodeOf(firstSeq) {
					t.Fatalf("page %d reads %d at %d,%d", i, c, x, y)
				}
			}
		}
	}
	a, b := Picture{pages[0].pix, width, height}, Picture{pages[1].pix, width, height}
	if got := SSIM(a, b); got > 0.7 {
		t.Errorf("two pages are %.2f alike", got)
	}
}

func TestCodeComesRoundAgain(t *testing.T) {
	w := write(t)
	const period = 5
	lines := period * w.mono.height
	s := blank(300, 2*lines)
	w.code(s, image.Rect(0, 0, 300, 2*lines), 1, period)
	half := len(s.pix) / 2
	if !bytes.Equal(s.pix[:half], s.pix[half:]) {
		t.Error("the second round differs from the first")
	}
	if bytes.Equal(s.pix[:half/period], s.pix[half/period:2*half/period]) {
		t.Error("two lines are the same")
	}
}

func TestWhatLiesOutsideOfASheetIsNotDrawn(t *testing.T) {
	w, s := write(t), blank(20, 10)
	w.prose.write(s, -5, -8, "gjWQ gjWQ", paper) // must not panic
	s.fill(image.Rect(-5, -5, 50, 50), paper)
	if s.pix[0] != 0xff || s.pix[len(s.pix)-2] != 0xff {
		t.Error("the sheet is not filled")
	}
}
