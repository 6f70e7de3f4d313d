package bench

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestReportSaysWhetherATargetWasMet(t *testing.T) {
	measure := func(foreign float64, values ...float64) Result {
		r := Result{Name: "draw", Unit: "ms", Target: Target{Median: 9, P95: 15}, Summary: Summarize(values), Load: Load{0.5, foreign}}
		r.Judge(2)
		return r
	}
	report := Report{Results: []Result{
		measure(0, 8, 9), measure(0, 8, 16), measure(0.5, 8, 9), measure(0, 8),
	}}
	table := report.Markdown(Accepted{Figures: map[string]float64{"draw": 4}})
	for _, want := range []string{
		"| draw | ≤ 9 / 15 / – | 8.00 / 9.00 / 9.00 ms (n 2) | met | 2.00 | 50 %, 0 % |",
		"| missed |",
		"invalid: other programs took 50 % of the machine",
		"8.00 ms | invalid: 1 values of 2",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
}

func TestReportIsSaved(t *testing.T) {
	report := Report{Results: []Result{{Name: "draw", Summary: Single(3)}}}
	path, err := report.Save(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(text, &back); err != nil || back.Results[0].Summary != Single(3) {
		t.Errorf("%s reads back as %+v (%v)", text, back, err)
	}
}
