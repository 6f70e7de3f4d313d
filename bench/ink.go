package bench

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// sheet is BGRA pixels to write on, without a gap between its rows.
type sheet struct {
	pix           []byte
	width, height int
}

// fill paints a rectangle, as much of it as lies on the sheet.
func (s sheet) fill(r image.Rectangle, c color.RGBA) {
	r = r.Intersect(image.Rect(0, 0, s.width, s.height))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := s.pix[(y*s.width+r.Min.X)*4 : (y*s.width+r.Max.X)*4]
		for i := 0; i < len(row); i += 4 {
			row[i], row[i+1], row[i+2] = c.B, c.G, c.R
		}
	}
}

// blend lays c over the sheet as thick as mask is, whose corner goes to at.
func (s sheet) blend(at image.Point, mask *image.Alpha, c color.RGBA) {
	r := mask.Rect.Sub(mask.Rect.Min).Add(at).Intersect(image.Rect(0, 0, s.width, s.height))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			a := uint(mask.Pix[(y-at.Y)*mask.Stride+x-at.X])
			pix := s.pix[(y*s.width+x)*4:]
			for i, v := range [3]byte{c.B, c.G, c.R} {
				pix[i] = byte((uint(pix[i])*(255-a) + uint(v)*a + 127) / 255)
			}
		}
	}
}

// typeface writes with one font at one size, smoothed as on a desktop, and
// keeps the glyphs that it has drawn.
type typeface struct {
	face   font.Face
	glyphs map[rune]glyph
	// ascent is from the top of a line to its baseline, height that of a
	// line.
	ascent, height int
}

// glyph is a letter at a whole pixel: its shape, where that lies from the
// baseline's point, and how far the next letter is.
type glyph struct {
	mask    *image.Alpha
	offset  image.Point
	advance int
}

// newTypeface reads a TrueType font. Pixels is the size of its square.
func newTypeface(ttf []byte, pixels float64) (*typeface, error) {
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("bench: font: %w", err)
	}
	const dpi = 72 // at which a point is a pixel
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: pixels, DPI: dpi, Hinting: font.HintingFull})
	if err != nil {
		return nil, fmt.Errorf("bench: font: %w", err)
	}
	m := face.Metrics()
	return &typeface{face, map[rune]glyph{}, m.Ascent.Ceil(), (m.Ascent + m.Descent).Ceil() + int(pixels/6)}, nil
}

// glyph draws a letter the first time and finds it after that.
func (t *typeface) glyph(letter rune) glyph {
	if g, ok := t.glyphs[letter]; ok {
		return g
	}
	bounds, mask, at, advance, _ := t.face.Glyph(fixed.Point26_6{}, letter)
	g := glyph{image.NewAlpha(image.Rectangle{Max: bounds.Size()}), bounds.Min, advance.Round()}
	draw.Draw(g.mask, g.mask.Rect, mask, at, draw.Src)
	t.glyphs[letter] = g
	return g
}

// write puts text on s, the top of its line at y, and returns where it ends.
func (t *typeface) write(s sheet, x, y int, text string, c color.RGBA) int {
	for _, letter := range text {
		g := t.glyph(letter)
		s.blend(image.Pt(x, y+t.ascent).Add(g.offset), g.mask, c)
		x += g.advance
	}
	return x
}
