package bench

import (
	"image"
	"image/color"
	"strings"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
)

// ink is 0xRRGGBB as a colour.
func ink(rgb uint32) color.RGBA {
	return color.RGBA{R: byte(rgb >> 16), G: byte(rgb >> 8), B: byte(rgb), A: 0xff}
}

// The colours of an editor in the dark. Saturated letters on a dark ground are
// what codecs that halve the resolution of colour do worst.
var (
	night       = ink(0x1b1d2b)
	gutter      = ink(0x5b6078)
	plainInk    = ink(0xcdd3ea)
	keywordInk  = ink(0xff6ac1)
	nameInk     = ink(0x57c7ff)
	stringInk   = ink(0x5af78e)
	numberInk   = ink(0xffb86c)
	commentInk  = ink(0x7d87a8)
	paper       = ink(0xffffff)
	proseInk    = ink(0x202124)
	linkInk     = ink(0x1a0dab)
	warningInk  = ink(0xc5221f)
	markInk     = ink(0x0b8043)
	headingInks = []color.RGBA{ink(0x174ea6), ink(0xa50e0e), ink(0x0d652d), ink(0x681da8)}
)

// words are what all texts are made of.
var words = strings.Fields(`frame chunk packet stream viewer host peer level input output window screen
	buffer queue clock delay rate limit bound value index offset width height colour pixel region damage
	token room member driver message channel track codec encoder decoder refresh render present commit`)

// word is the n-th of a text that seed names.
func word(seed, n int) string { return words[hash(seed, n, 5)%uint32(len(words))] }

// span is some letters of one colour.
type span struct {
	text string
	ink  color.RGBA
}

// codeLine is line n of an endless program: indented blocks of statements,
// some lines empty, some comments, as source code looks.
func codeLine(n int) []span {
	a, b, c := word(n, 1), word(n, 2), word(n, 3)
	indent := span{strings.Repeat("    ", 1+int(hash(n/3, 0, 8)%3)), plainInk}
	switch n % 12 {
	case 0:
		return []span{{"func ", keywordInk}, {a + strings.ToUpper(b[:1]) + b[1:], nameInk}, {"(" + c + " ", plainInk}, {"int", keywordInk}, {") {", plainInk}}
	case 10:
		return []span{{"}", plainInk}}
	case 11:
		return nil
	}
	switch hash(n, 0, 3) % 6 {
	case 0:
		return []span{indent, {"// " + a + " of the " + b + " before the " + c + " " + word(n, 4), commentInk}}
	case 1:
		return []span{indent, {"if ", keywordInk}, {a + "." + b + " > ", plainInk}, {numeral(n), numberInk}, {" {", plainInk}}
	case 2:
		return []span{indent, {a + ", " + b + " := ", plainInk}, {c, nameInk}, {"(", plainInk}, {`"` + word(n, 4) + " " + word(n, 5) + `"`, stringInk}, {", ", plainInk}, {numeral(n), numberInk}, {")", plainInk}}
	case 3:
		return []span{indent, {"return ", keywordInk}, {a, nameInk}, {"(" + b + "." + c + ")", plainInk}}
	case 4:
		return []span{indent, {"for ", keywordInk}, {a + " := ", plainInk}, {"range ", keywordInk}, {b + "." + c + " {", plainInk}}
	}
	return []span{indent, {a + "." + b + " = " + c + " + ", plainInk}, {numeral(n), numberInk}}
}

// numeral is a number of one to four digits.
func numeral(n int) string {
	digits := "7204918365"
	at := int(hash(n, 1, 9) % 6)
	return digits[at : at+1+int(hash(n, 2, 9)%4)]
}

// writer has the typefaces of all texts.
type writer struct {
	mono, prose, heading *typeface
}

func newWriter() (w writer, err error) {
	for _, font := range []struct {
		to     **typeface
		ttf    []byte
		pixels float64
	}{
		{&w.mono, gomono.TTF, 15},
		{&w.prose, goregular.TTF, 16},
		{&w.heading, gobold.TTF, 22},
	} {
		if *font.to, err = newTypeface(font.ttf, font.pixels); err != nil {
			return writer{}, err
		}
	}
	return w, nil
}

// code fills area with the program from line first on, of which every period
// lines are the same again; zero means that none are.
func (w writer) code(s sheet, area image.Rectangle, first, period int) {
	s.fill(area, night)
	for i := 0; i*w.mono.height < area.Dy(); i++ {
		n := first + i
		if period > 0 {
			n = first + i%period
		}
		y := area.Min.Y + i*w.mono.height
		x := w.mono.write(s, area.Min.X+8, y, lineNumber(n), gutter)
		for _, part := range codeLine(n) {
			x = w.mono.write(s, x, y, part.text, part.ink)
		}
	}
}

// lineNumber is n in five columns and two spaces.
func lineNumber(n int) string {
	text := []byte("       ")
	for at := 4; at >= 0 && (n > 0 || at == 4); at-- {
		text[at] = byte('0' + n%10)
		n /= 10
	}
	return string(text)
}

// article fills area with paragraphs under coloured headings, with links and
// words that stand out, as a page of the web has them. Seed names one.
func (w writer) article(s sheet, area image.Rectangle, seed int) {
	s.fill(area, paper)
	const margin = 24
	x, y := area.Min.X+margin, area.Min.Y+margin
	for n := 0; y+w.heading.height < area.Max.Y; n++ {
		if n%90 == 0 && n > 0 {
			x, y = area.Min.X+margin, y+w.prose.height*3/2
		}
		if n%90 == 0 {
			c := headingInks[hash(seed, n, 2)%uint32(len(headingInks))]
			s.fill(image.Rect(area.Min.X+margin-10, y, area.Min.X+margin-4, y+w.heading.height), c)
			w.heading.write(s, area.Min.X+margin, y, strings.ToUpper(word(seed, n)[:1])+word(seed, n)[1:]+" and "+word(seed, n+1), c)
			x, y = area.Min.X+margin, y+w.heading.height+6
		}
		c := proseInk
		switch hash(seed, n, 4) % 12 {
		case 0, 1:
			c = linkInk
		case 2:
			c = warningInk
		case 3:
			c = markInk
		}
		x = w.prose.write(s, x, y, word(seed, n)+" ", c)
		if x > area.Max.X-margin-90 {
			x, y = area.Min.X+margin, y+w.prose.height
		}
	}
}

// paintPage draws page n of a [Page]: code beside an article.
func paintPage(w writer, s sheet, n int) {
	w.code(s, image.Rect(0, 0, s.width/2, s.height), 1+n*1000, 0)
	w.article(s, image.Rect(s.width/2, 0, s.width, s.height), 1+n)
}
