package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Accepted are figures that somebody has looked at and found right: what later
// ones are compared with.
type Accepted struct {
	Date    time.Time `json:"date"`
	Machine Machine   `json:"machine"`
	// Figures are by the results' titles.
	Figures map[string]float64 `json:"figures"`
}

// LoadAccepted reads what [Accepted.Save] wrote. A file that is not there has
// no figures.
func LoadAccepted(path string) (Accepted, error) {
	var a Accepted
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	if err != nil {
		return Accepted{}, fmt.Errorf("bench: accepted figures: %w", err)
	}
	return a, nil
}

// Accept takes the figures of r, which replace those of the same titles. What
// r lacks stays as it was; what is invalid is not taken.
func (a *Accepted) Accept(r Report) {
	a.Date, a.Machine = r.Date, r.Machine
	if a.Figures == nil {
		a.Figures = map[string]float64{}
	}
	for _, m := range r.Results {
		if figure, ok := m.Figure(); ok && m.Invalid == "" {
			a.Figures[m.Title()] = figure
		}
	}
}

// Save writes the figures to a file.
func (a *Accepted) Save(path string) error {
	text, err := json.MarshalIndent(a, "", "\t")
	if err == nil {
		err = os.WriteFile(path, append(text, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("bench: accepted figures: %w", err)
	}
	return nil
}

// Ratio is a result divided by what was accepted, as a table shows it. It is
// empty where either is missing.
func (a *Accepted) Ratio(r Result) string {
	figure, ok := r.Figure()
	if accepted := a.Figures[r.Title()]; ok && accepted != 0 {
		return fmt.Sprintf("%.2f", figure/accepted)
	}
	return ""
}

// Merge makes one report of several: of results with the same title the
// newest counts, but a quick look never replaces a full measurement, nor what
// is invalid any other. It is of the newest report's date and machine.
func Merge(reports []Report) Report {
	reports = slices.Clone(reports)
	slices.SortStableFunc(reports, func(a, b Report) int { return a.Date.Compare(b.Date) })
	merged := Report{Isolated: true}
	var worth []int // of each merged result
	for _, r := range reports {
		merged.Date, merged.Machine = r.Date, r.Machine
		merged.Isolated = merged.Isolated && r.Isolated
		for _, m := range r.Results {
			at := slices.IndexFunc(merged.Results, func(o Result) bool { return o.Title() == m.Title() })
			switch {
			case at < 0:
				merged.Results, worth = append(merged.Results, m), append(worth, r.worth(m))
			case r.worth(m) >= worth[at]:
				merged.Results[at], worth[at] = m, r.worth(m)
			}
		}
	}
	return merged
}

// worth ranks the results of reports against each other.
func (r *Report) worth(m Result) int {
	switch {
	case m.Invalid != "":
		return 0
	case r.Short:
		return 1
	}
	return 2
}

// LoadReports reads the reports in folder that are not older than since.
func LoadReports(folder string, since time.Time) ([]Report, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	var all []Report
	for _, path := range paths {
		text, rerr := os.ReadFile(path)
		var r Report
		if rerr == nil {
			rerr = json.Unmarshal(text, &r)
		}
		if rerr != nil {
			err = errors.Join(err, fmt.Errorf("bench: %s: %w", path, rerr))
			continue
		}
		if !r.Date.Before(since) {
			all = append(all, r)
		}
	}
	return all, err
}
