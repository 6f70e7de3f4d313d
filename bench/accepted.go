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

// Merge makes one report of several, by rows of the comparison: what systems
// reached at one size counts together, from one run, since the machine's speed
// changes. A row's newest measurement counts, unless an older one is worth
// more: has more systems, is no quick look, or is valid. The result is of the
// newest report's date and machine.
func Merge(reports []Report) Report {
	reports = slices.Clone(reports)
	slices.SortStableFunc(reports, func(a, b Report) int { return a.Date.Compare(b.Date) })
	merged := Report{Isolated: true}
	rows := map[row][]Result{}
	worth := map[row]int{}
	var order []row
	for _, r := range reports {
		merged.Date, merged.Machine = r.Date, r.Machine
		merged.Isolated = merged.Isolated && r.Isolated
		for at, results := range r.rows() {
			sum := 0
			for _, m := range results {
				sum += r.worth(m)
			}
			if rows[at] == nil || sum >= worth[at] {
				rows[at], worth[at] = results, sum
			}
		}
		for _, m := range r.Results {
			if at := (row{m.Name, m.Size}); !slices.Contains(order, at) {
				order = append(order, at)
			}
		}
	}
	for _, at := range order {
		merged.Results = append(merged.Results, rows[at]...)
	}
	return merged
}

// row is what one row of the comparison is about.
type row struct{ name, size string }

// rows are the results of r by row.
func (r *Report) rows() map[row][]Result {
	rows := map[row][]Result{}
	for _, m := range r.Results {
		at := row{m.Name, m.Size}
		rows[at] = append(rows[at], m)
	}
	return rows
}

// worth is how much a result of r counts against others.
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
