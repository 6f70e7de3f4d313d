package bench

import (
	"path/filepath"
	"testing"
	"time"
)

func TestAcceptedFiguresAreKeptAndComparedWith(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accepted.json")
	a, err := LoadAccepted(path)
	if err != nil || a.Ratio(Result{Name: "draw", Summary: Single(3)}) != "" {
		t.Fatalf("without a file: %v", err)
	}
	a.Accept(Report{Results: []Result{
		{Name: "draw", Subject: Subject{"720p", Ours, false, 0}, Summary: Single(4)},
		{Name: "key", Summary: Single(5)},
		{Name: "busy", Summary: Single(6), Invalid: "other programs"},
		{Name: "nothing"},
	}})
	a.Accept(Report{Results: []Result{{Name: "key", Summary: Single(10)}}})
	if err := a.Save(path); err != nil {
		t.Fatal(err)
	}
	back, err := LoadAccepted(path)
	if err != nil || len(back.Figures) != 2 {
		t.Fatalf("%v read back as %v (%v)", a, back, err)
	}
	now := Result{Name: "draw", Subject: Subject{"720p", Ours, false, 0}, Summary: Single(6)}
	if got := back.Ratio(now); got != "1.50" {
		t.Errorf("6 is %q of the accepted 4", got)
	}
	now.System = "a rival"
	if got := back.Ratio(now); got != "" {
		t.Errorf("a rival's figure is compared with ours: %q", got)
	}
}

func TestMergePrefersTheNewestThatCounts(t *testing.T) {
	at := func(hour int, results ...Result) Report {
		return Report{Date: time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC), Isolated: true, Results: results}
	}
	result := func(name string, v float64, invalid string) Result {
		return Result{Name: name, Summary: Single(v), Invalid: invalid}
	}
	look := at(4, result("b", 4, ""), result("c", 4, ""), result("d", 4, ""))
	look.Short = true
	merged := Merge([]Report{
		look,
		at(3, result("a", 3, "busy"), result("b", 3, ""), result("c", 3, "busy")),
		at(1, result("a", 1, ""), result("b", 1, ""), result("c", 1, "busy")),
	})
	want := map[string]float64{"a": 1, "b": 3, "c": 4, "d": 4}
	if len(merged.Results) != len(want) || merged.Date.Hour() != 4 || !merged.Isolated {
		t.Fatalf("merged: %+v", merged)
	}
	for _, r := range merged.Results {
		if r.Summary.Median != want[r.Name] {
			t.Errorf("%s is %v, want %v", r.Name, r.Summary.Median, want[r.Name])
		}
	}
}

func TestMergeComparesSystemsOfOneRun(t *testing.T) {
	run := func(hour int, ours, rival float64, invalid string) Report {
		r := Report{Date: time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC), Results: []Result{
			{Name: "key", Subject: Subject{Size: "720p", System: Ours}, Summary: Single(ours)},
		}}
		if rival > 0 {
			r.Results = append(r.Results, Result{Name: "key", Subject: Subject{Size: "720p", System: "A"}, Summary: Single(rival), Invalid: invalid})
		}
		return r
	}
	merged := Merge([]Report{run(1, 10, 20, ""), run(2, 5, 9, "busy"), run(3, 4, 0, "")})
	if c := Compare(merged.Results); len(c) != 1 || c[0].Figures[Ours] != 10 || c[0].Figures["A"] != 20 {
		t.Errorf("%+v", c)
	}
	merged = Merge([]Report{run(1, 10, 20, ""), run(2, 5, 9, "")})
	if c := Compare(merged.Results); len(c) != 1 || c[0].Figures[Ours] != 5 || c[0].Figures["A"] != 9 {
		t.Errorf("of two that count the newer: %+v", c)
	}
}

func TestOldReportsAreNotLoaded(t *testing.T) {
	folder := t.TempDir()
	day := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	for i, r := range []Report{{Date: day}, {Date: day.AddDate(0, 0, -2)}} {
		r.Results = []Result{{Name: "draw", Summary: Single(float64(i))}}
		if _, err := r.Save(folder); err != nil {
			t.Fatal(err)
		}
	}
	all, err := LoadReports(folder, day.Add(-time.Hour))
	if err != nil || len(all) != 1 || all[0].Results[0].Summary.Median != 0 {
		t.Errorf("%+v (%v)", all, err)
	}
}
