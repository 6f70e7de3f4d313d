package bench

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// The layout of a plot in pixels.
const (
	plotWidth, plotHeight = 640, 360
	plotLeft, plotRight   = 60, 20
	plotTop, plotBottom   = 40, 50
)

// plotInks are the colours of lines and bars, in the order of the systems.
var plotInks = []string{"#0b57d0", "#c5221f", "#0b8043", "#e37400", "#681da8"}

// Line is one curve of a [Chart].
type Line struct {
	Name   string
	Points []Point
}

// Chart is curves over a common pair of axes, drawn by SVG.
type Chart struct {
	Title, X, Y string
	Lines       []Line
	// Right ends the axis; what lies beyond is cut off. Zero means where
	// the longest line ends.
	Right float64
}

// SVG draws the chart.
func (c Chart) SVG() string {
	left, right, low, high := c.bounds()
	x := func(v float64) float64 {
		return plotLeft + (min(v, right)-left)/(right-left)*(plotWidth-plotLeft-plotRight)
	}
	y := func(v float64) float64 {
		return plotHeight - plotBottom - (v-low)/(high-low)*(plotHeight-plotTop-plotBottom)
	}
	s := beginSVG(plotHeight, c.Title)
	for _, v := range ticks(left, right) {
		s.line(x(v), plotTop, x(v), plotHeight-plotBottom, "#ddd")
		s.text(x(v), plotHeight-plotBottom+18, "middle", Tick(v))
	}
	for _, v := range ticks(low, high) {
		s.line(plotLeft, y(v), plotWidth-plotRight, y(v), "#ddd")
		s.text(plotLeft-6, y(v)+4, "end", Tick(v))
	}
	s.text((plotLeft+plotWidth-plotRight)/2, plotHeight-12, "middle", c.X)
	s.text(plotLeft, plotTop-8, "start", c.Y)
	for i, l := range c.Lines {
		ink := plotInks[i%len(plotInks)]
		var path strings.Builder
		for _, p := range l.Points {
			if p.T <= right {
				fmt.Fprintf(&path, "%.1f,%.1f ", x(p.T), y(p.V))
			}
		}
		fmt.Fprintf(s, `<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>`+"\n", ink, strings.TrimSpace(path.String()))
		s.label(plotWidth-plotRight-190, float64(plotHeight-plotBottom-16*(len(c.Lines)-i)), ink, l.Name)
	}
	return s.end()
}

// bounds are the ends of both axes: of all points, a little wider.
func (c Chart) bounds() (left, right, low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, l := range c.Lines {
		for _, p := range l.Points {
			right = max(right, p.T)
			low, high = min(low, p.V), max(high, p.V)
		}
	}
	if c.Right > 0 {
		right = c.Right
	}
	if math.IsInf(low, 0) {
		low, high = 0, 1
	}
	if high-low < 1e-9 {
		low, high = low-1, high+1
	}
	return 0, max(right, 1e-9), low, high
}

// Bar is one row of [Bars].
type Bar struct {
	Name  string
	Value float64
}

// Bars are ratios on a logarithmic axis with 1 in its middle.
type Bars struct {
	Title string
	Bars  []Bar
}

// mostRatio is where the axis of [Bars] ends; a bar beyond is cut off.
const mostRatio = 16

// SVG draws the bars.
func (b Bars) SVG() string {
	const row, names = 22, 260
	height := plotTop + row*len(b.Bars) + plotBottom
	s := beginSVG(height, b.Title)
	x := func(v float64) float64 {
		at := math.Log2(min(max(v, 1.0/mostRatio), mostRatio)) / math.Log2(mostRatio)
		return names + (at+1)/2*(plotWidth-names-plotRight-40)
	}
	bottom := float64(plotTop + row*len(b.Bars))
	for v := 1.0 / mostRatio; v <= mostRatio; v *= 2 {
		s.line(x(v), plotTop, x(v), bottom, "#ddd")
		s.text(x(v), bottom+16, "middle", ratioTick(v))
	}
	for i, bar := range b.Bars {
		y := float64(plotTop + row*i)
		ink := plotInks[2]
		if bar.Value > 1 {
			ink = plotInks[1]
		}
		from, to := min(x(1), x(bar.Value)), max(x(1), x(bar.Value))
		fmt.Fprintf(s, `<rect x="%.1f" y="%.1f" width="%.1f" height="%d" fill="%s"/>`+"\n", from, y+4, to-from, row-8, ink)
		s.text(names-8, y+row/2+4, "end", bar.Name)
		s.text(to+4, y+row/2+4, "start", fmt.Sprintf("%.2f", bar.Value))
	}
	s.line(x(1), plotTop, x(1), bottom, "#333")
	s.text(names+(plotWidth-names)/2, bottom+36, "middle", "ours ÷ best rival; shorter than 1 is better")
	return s.end()
}

// ratioTick writes a power of two as a ratio.
func ratioTick(v float64) string {
	if v < 1 {
		return fmt.Sprintf("1/%.0f", 1/v)
	}
	return fmt.Sprintf("%.0f", v)
}

// svg is a picture that is being written.
type svg struct{ strings.Builder }

func beginSVG(height int, title string) *svg {
	s := &svg{}
	fmt.Fprintf(s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, height)
	fmt.Fprintf(s, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", plotWidth, height)
	fmt.Fprintf(s, `<text x="%d" y="18" font-size="14" font-weight="bold">%s</text>`+"\n", 12, html.EscapeString(title))
	return s
}

func (s *svg) line(x1, y1, x2, y2 float64, ink string) {
	fmt.Fprintf(s, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>`+"\n", x1, y1, x2, y2, ink)
}

func (s *svg) text(x, y float64, anchor, text string) {
	fmt.Fprintf(s, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", x, y, anchor, html.EscapeString(text))
}

func (s *svg) label(x, y float64, ink, text string) {
	fmt.Fprintf(s, `<rect x="%.1f" y="%.1f" width="14" height="4" fill="%s"/>`+"\n", x, y-6, ink)
	s.text(x+20, y, "start", text)
}

func (s *svg) end() string { return s.String() + "</svg>\n" }

// ticks are round numbers from low to high, five or so.
func ticks(low, high float64) []float64 {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/4)))
	for _, factor := range []float64{5, 2} {
		if (high-low)/(step*factor) >= 4 {
			step *= factor
			break
		}
	}
	var at []float64
	for v := math.Ceil(low/step) * step; v <= high+step/1e6; v += step {
		at = append(at, v)
	}
	return at
}

// Tick writes a number of an axis.
func Tick(v float64) string { return fmt.Sprintf("%.4g", v) }

// Distribution is the share of values, in percent, that do not exceed a value,
// as a curve of at most 200 points.
func Distribution(values []float64) []Point {
	var curve []Point
	const points = 200
	sorted := sortedCopy(values)
	for i := range min(points, len(sorted)) {
		share := float64(i+1) / float64(min(points, len(sorted)))
		curve = append(curve, Point{Quantile(sorted, share), 100 * share})
	}
	return curve
}
