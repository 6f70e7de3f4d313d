package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Document writes the report for readers into folder: a table, and plots that
// it shows.
func (r *Report) Document(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "# Measured\n\nWritten by `make bench-accept`. What each row means, and how it was measured,\n"+
		"says [bench/README.md](../../bench/README.md).\n\n## Beside others\n\n%s\n", CompareMarkdown(r.Results))
	var errs []error
	plot := func(name, title, svg string) {
		errs = append(errs, os.WriteFile(filepath.Join(folder, name), []byte(svg), 0o644))
		fmt.Fprintf(&text, "![%s](%s)\n\n", title, name)
	}
	for _, size := range r.sizes() {
		for _, c := range r.charts(size) {
			if len(c.chart.Lines) > 0 {
				plot(c.name+"-"+size+".svg", c.chart.Title, c.chart.SVG())
			}
		}
		if bars := r.ratios(size); len(bars.Bars) > 0 {
			plot("ratios-"+size+".svg", bars.Title, bars.SVG())
		}
	}
	fmt.Fprintf(&text, "## Everything\n\nRows may be of several runs within a day; date and revision are the newest's.\n\n%s", r.table(Accepted{}))
	errs = append(errs, os.WriteFile(filepath.Join(folder, "README.md"), []byte(text.String()), 0o644))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return nil
}

// sizes are those that systems were compared at.
func (r *Report) sizes() []string {
	var sizes []string
	for _, m := range r.Results {
		if m.System != "" && !slices.Contains(sizes, m.Size) {
			sizes = append(sizes, m.Size)
		}
	}
	return sizes
}

// namedChart is a chart and the start of its file's name.
type namedChart struct {
	name  string
	chart Chart
}

// charts are the curves of one size.
func (r *Report) charts(size string) []namedChart {
	return []namedChart{
		{"draw", r.distribution("draw → pixel", size)},
		{"key", r.distribution("key → pixel, quiet", size)},
		{"motion", r.distribution("key → pixel, 60 fps motion", size)},
		{"sharpness", Chart{
			Title: "Sharpness of a page of text after it changed, " + size, X: "s", Y: "PSNR of red, green and blue, dB",
			Lines: r.lines("PSNR of a page after 3 s", size, func(m Result) []Point { return m.Curve }),
		}},
	}
}

// longestShown is where the axis of delays ends.
const longestShown = 120

// distribution shows how a delay is distributed.
func (r *Report) distribution(name, size string) Chart {
	return Chart{
		Title: name + ", " + size, X: "ms", Y: "% of all are seen within", Right: longestShown,
		Lines: r.lines(name, size, func(m Result) []Point { return Distribution(m.Samples) }),
	}
}

// lines has one line for each system that has any points.
func (r *Report) lines(name, size string, points func(Result) []Point) []Line {
	var lines []Line
	for _, system := range Systems(r.Results) {
		for _, m := range r.Results {
			if m.Name != name || m.Size != size || m.System != system {
				continue
			}
			if p := points(m); len(p) > 0 {
				lines = append(lines, Line{system, p})
			}
		}
	}
	return lines
}

// ratios are ours to the best rival's, turned over where more is better, so
// that less is always better.
func (r *Report) ratios(size string) Bars {
	bars := Bars{Title: "Against the best rival of each row, " + size}
	for _, c := range Compare(r.Results) {
		ratio, ok := c.Ratio()
		if !ok || c.Size != size || ratio == 0 {
			continue
		}
		name := c.Name
		if c.More {
			ratio, name = 1/ratio, name+" (inverse)"
		}
		bars.Bars = append(bars.Bars, Bar{name, ratio})
	}
	return bars
}
