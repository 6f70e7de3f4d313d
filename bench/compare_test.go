package bench

import (
	"strings"
	"testing"
)

// measured is a result of a system.
func measured(name, system string, more bool, goal float64, target Target, v float64) Result {
	return Result{Name: name, Unit: "ms", Subject: Subject{"720p", system, more, goal}, Target: target, Summary: Single(v)}
}

func TestCompareDividesByTheBestRival(t *testing.T) {
	results := []Result{
		measured("key", Ours, false, 0.65, Target{}, 9),
		measured("key", "A", false, 0, Target{}, 20),
		measured("key", "B", false, 0, Target{}, 15),
		measured("shown", Ours, true, 0, Target{AtLeast: 58}, 57),
		measured("shown", "A", true, 0, Target{}, 60),
		measured("shown", "B", true, 0, Target{}, 30),
		measured("alone", Ours, false, 0.5, Target{}, 1),
		{Name: "no system", Summary: Single(1)},
		{Name: "key", Subject: Subject{Size: "720p", System: "C"}}, // nothing measured
	}
	all := Compare(results)
	if len(all) != 3 {
		t.Fatalf("%d comparisons: %+v", len(all), all)
	}
	for i, want := range []struct {
		best, verdict, aim string
		ratio              float64
		ok                 bool
	}{
		{"B", "met", "≤ 0.65 ×", 0.6, true},
		{"A", "missed", "≥ 58", 0.95, true},
		{"", "", "≤ 0.5 ×", 0, false},
	} {
		c := all[i]
		ratio, ok := c.Ratio()
		if c.Best != want.best || c.Verdict() != want.verdict || c.Aim() != want.aim || ratio != want.ratio || ok != want.ok {
			t.Errorf("%s: best %q, ratio %v %v, aim %q %q", c.Name, c.Best, ratio, ok, c.Aim(), c.Verdict())
		}
	}
}

func TestComparisonTable(t *testing.T) {
	if got := CompareMarkdown([]Result{measured("key", Ours, false, 0, Target{}, 9)}); got != "" {
		t.Errorf("without a rival: %s", got)
	}
	table := CompareMarkdown([]Result{
		measured("key", Ours, false, 0.65, Target{}, 9), measured("key", "A", false, 0, Target{}, 18), measured("sound", Ours, false, 0, Target{}, 40),
	})
	for _, want := range []string{
		"| | | Causeway | A | ours ÷ best rival | aim | |",
		"| key, ms | 720p | 9.00 | **18.0** | 0.50 | ≤ 0.65 × | met |",
		"| sound, ms | 720p | 40.0 | – | – |  |  |",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
}
