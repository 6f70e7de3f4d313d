package bench

import (
	"fmt"
	"slices"
	"strings"
)

// Ours is our own name among those of the systems.
const Ours = "Causeway"

// Subject is what a [Result] has beside its name when systems are compared by
// it.
type Subject struct {
	// Size is that of the desktop: "720p". System is whose result it is.
	Size   string `json:"size,omitempty"`
	System string `json:"system,omitempty"`
	// More is true where more is better.
	More bool `json:"more,omitempty"`
	// Goal bounds our result divided by that of the best rival: from above,
	// or from below where more is better. Zero bounds nothing.
	Goal float64 `json:"goal,omitempty"`
}

// Title names a result among all of a report.
func (r *Result) Title() string {
	parts := []string{r.Name}
	if r.Size != "" {
		parts = append(parts, r.Size)
	}
	if r.System != "" && r.System != Ours {
		parts = append(parts, "("+r.System+")")
	}
	return strings.Join(parts, " ")
}

// Figure is the one number that stands for a result in a comparison. It has
// none when nothing was measured.
func (r *Result) Figure() (float64, bool) { return r.Summary.Median, r.Summary.N > 0 }

// Comparison is one column of the comparison with rivals, at one size.
type Comparison struct {
	Name, Size, Unit string
	More             bool
	Target           Target
	Goal             float64
	// Figures has the systems that were measured, by name.
	Figures map[string]float64
	// Best is the best rival; empty without any.
	Best string
}

// Ratio is our figure divided by that of the best rival; ok is false when
// either is missing or nothing can be divided by it.
func (c *Comparison) Ratio() (ratio float64, ok bool) {
	ours, there := c.Figures[Ours]
	best := c.Figures[c.Best]
	if !there || c.Best == "" || best == 0 {
		return 0, false
	}
	return ours / best, true
}

// Verdict tells whether we reached what was aimed at, against rivals and in
// itself.
func (c *Comparison) Verdict() string {
	ours, there := c.Figures[Ours]
	ratio, ok := c.Ratio()
	switch {
	case !there:
		return ""
	case c.Goal == 0 && c.Target == Target{}:
		return ""
	case c.Goal > 0 && ok && (!c.More && ratio > c.Goal || c.More && ratio < c.Goal):
		return "missed"
	case c.Goal > 0 && !ok:
		return ""
	case !c.Target.Met(Single(ours)):
		return "missed"
	}
	return "met"
}

// Aim is what was aimed at, as a table shows it.
func (c *Comparison) Aim() string {
	switch {
	case c.Goal > 0 && c.More:
		return fmt.Sprintf("≥ %g ×", c.Goal)
	case c.Goal > 0:
		return fmt.Sprintf("≤ %g ×", c.Goal)
	}
	return c.Target.String()
}

// Compare arranges the results that belong to systems by what they measure,
// in the order in which that came up.
func Compare(results []Result) []Comparison {
	var all []Comparison
	for _, r := range results {
		figure, ok := r.Figure()
		if r.System == "" || !ok {
			continue
		}
		at := slices.IndexFunc(all, func(c Comparison) bool { return c.Name == r.Name && c.Size == r.Size })
		if at < 0 {
			at = len(all)
			all = append(all, Comparison{Name: r.Name, Size: r.Size, Unit: r.Unit, More: r.More, Figures: map[string]float64{}})
		}
		c := &all[at]
		c.Figures[r.System] = figure
		if r.System == Ours {
			c.Target, c.Goal = r.Target, r.Goal
			continue
		}
		best, there := c.Figures[c.Best]
		if c.Best == "" || !there || !c.More && figure < best || c.More && figure > best {
			c.Best = r.System
		}
	}
	return all
}

// Systems are the names of all systems in results, ours first.
func Systems(results []Result) []string {
	names := []string{Ours}
	for _, r := range results {
		if r.System != "" && !slices.Contains(names, r.System) {
			names = append(names, r.System)
		}
	}
	return names
}

// CompareMarkdown is the comparison as a table. It is empty where no rival was
// measured.
func CompareMarkdown(results []Result) string {
	systems := Systems(results)
	if len(systems) < 2 {
		return ""
	}
	var t strings.Builder
	fmt.Fprintf(&t, "| | | %s | ours ÷ best rival | aim | |\n|---|---|%s---|---|---|\n", strings.Join(systems, " | "), strings.Repeat("---|", len(systems)))
	for _, c := range Compare(results) {
		fmt.Fprintf(&t, "| %s | %s |", strings.TrimRight(c.Name+", "+c.Unit, ", "), c.Size)
		for _, system := range systems {
			cell := "–"
			if figure, ok := c.Figures[system]; ok {
				cell = Figure(figure)
			}
			if system == c.Best {
				cell = "**" + cell + "**"
			}
			fmt.Fprintf(&t, " %s |", cell)
		}
		ratio := "–"
		if r, ok := c.Ratio(); ok {
			ratio = fmt.Sprintf("%.2f", r)
		}
		fmt.Fprintf(&t, " %s | %s | %s |\n", ratio, c.Aim(), c.Verdict())
	}
	return t.String()
}

// Figure is a number with as many decimals as make sense.
func Figure(v float64) string {
	switch {
	case v >= 1000:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	case v == 0:
		return "0"
	case v >= 0.9: // of 1, where the distance to it counts
		return fmt.Sprintf("%.4f", v)
	}
	return fmt.Sprintf("%.3f", v)
}
