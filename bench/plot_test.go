package bench

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// wellFormed fails when text is no XML.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
}

func TestChartPutsPointsWhereTheyBelong(t *testing.T) {
	c := Chart{Title: "a < b", X: "s", Y: "dB", Lines: []Line{
		{"one & only", []Point{{0, 10}, {2, 30}, {4, 20}}},
		{"nothing", nil},
	}}
	text := c.SVG()
	wellFormed(t, text)
	// The corners of the axes, and the middle between them.
	if want := `points="60.0,310.0 340.0,40.0 620.0,175.0"`; !strings.Contains(text, want) {
		t.Errorf("no %s in\n%s", want, text)
	}
	c.Right = 2
	if text := c.SVG(); !strings.Contains(text, `points="60.0,310.0 620.0,40.0"`) {
		t.Errorf("what lies beyond the axis is drawn:\n%s", text)
	}
	wellFormed(t, Chart{}.SVG())
}

func TestBarsGrowFromOne(t *testing.T) {
	text := Bars{"ratios", []Bar{{"better", 0.5}, {"worse", 2}, {"beyond", 1000}}}.SVG()
	wellFormed(t, text)
	// The axis goes from 260 to 580, with 1 at 420 and 40 to each doubling.
	for _, want := range []string{
		`<rect x="380.0" y="44.0" width="40.0" height="14" fill="` + plotInks[2],
		`<rect x="420.0" y="66.0" width="40.0" height="14" fill="` + plotInks[1],
		`<rect x="420.0" y="88.0" width="160.0" height="14" fill="` + plotInks[1],
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

func TestTicksAreRound(t *testing.T) {
	for _, test := range []struct {
		low, high float64
		want      []float64
	}{
		{0, 120, []float64{0, 20, 40, 60, 80, 100, 120}},
		{12, 37, []float64{15, 20, 25, 30, 35}},
		{0, 1, []float64{0, 0.2, 0.4, 0.6, 0.8, 1}},
	} {
		got := ticks(test.low, test.high)
		same := len(got) == len(test.want)
		for i := 0; same && i < len(got); i++ {
			same = Tick(got[i]) == Tick(test.want[i])
		}
		if !same {
			t.Errorf("from %v to %v: %v, want %v", test.low, test.high, got, test.want)
		}
	}
}

func TestDistribution(t *testing.T) {
	if got := Distribution([]float64{30, 10}); !slices.Equal(got, []Point{{10, 50}, {30, 100}}) {
		t.Errorf("two values: %v", got)
	}
	many := make([]float64, 5000)
	for i := range many {
		many[i] = float64(i)
	}
	got := Distribution(many)
	if len(got) != 200 || got[99] != (Point{2499, 50}) || got[199] != (Point{4999, 100}) {
		t.Errorf("of %d points the middle is %v and the last %v", len(got), got[99], got[199])
	}
}

func TestReportIsDocumented(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "bench")
	delay := func(system string, ms ...float64) Result {
		return Result{Name: "draw → pixel", Subject: Subject{Size: "720p", System: system}, Unit: "ms", Samples: ms, Summary: Summarize(ms)}
	}
	report := Report{Results: []Result{delay(Ours, 8, 9, 10), delay("A rival", 20, 30)}}
	if err := report.Document(folder); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"README.md":       "![draw → pixel, 720p](draw-720p.svg)",
		"draw-720p.svg":   "A rival",
		"ratios-720p.svg": "0.45",
	} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %q (%v):\n%s", name, want, err, text)
		}
	}
}
