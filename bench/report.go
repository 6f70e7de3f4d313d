package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// foreignLimit is the share of the machine that programs which are none of
// ours may take during a measurement.
const foreignLimit = 0.1

// Result is one measurement.
type Result struct {
	Name string `json:"name"`
	Subject
	// Unit is that of Summary, Target and Samples.
	Unit    string  `json:"unit"`
	Target  Target  `json:"target,omitzero"`
	Summary Summary `json:"summary"`
	// Load is zero for what does not depend on it.
	Load Load `json:"load,omitzero"`
	// Remarks are what a reader must know to judge the numbers.
	Remarks []string `json:"remarks,omitempty"`
	// Invalid says why the numbers are none; empty when they count.
	Invalid string `json:"invalid,omitempty"`
	// Samples are all values in the order of their time.
	Samples []float64 `json:"samples,omitempty"`
	// Curve is how Samples came about over time, where that matters.
	Curve []Point `json:"curve,omitempty"`
}

// Point is a value at a time, in seconds.
type Point struct {
	T float64 `json:"t"`
	V float64 `json:"v"`
}

// Judge sets r.Invalid when there are less than wanted values, or when the
// machine had other things to do, unless it says something already.
func (r *Result) Judge(wanted int) {
	switch {
	case r.Invalid != "":
	case r.Summary.N < wanted:
		r.Invalid = fmt.Sprintf("%d values of %d", r.Summary.N, wanted)
	case r.Load.Foreign > foreignLimit:
		r.Invalid = fmt.Sprintf("other programs took %.0f %% of the machine", 100*r.Load.Foreign)
	}
}

// Verdict is the result in a word.
func (r *Result) Verdict() string {
	switch {
	case r.Invalid != "":
		return "invalid: " + r.Invalid
	case r.Target == Target{}:
		return ""
	case r.Target.Met(r.Summary):
		return "met"
	}
	return "missed"
}

// Measured is the summary as a table shows it.
func (r *Result) Measured() string {
	s := r.Summary
	switch s.N {
	case 0:
		return "nothing"
	case 1:
		return strings.TrimSpace(Figure(s.Median) + " " + r.Unit)
	}
	return fmt.Sprintf("%s / %s / %s%s (n %d)", Figure(s.Median), Figure(s.P95), Figure(s.Max), strings.TrimRight(" "+r.Unit, " "), s.N)
}

// Load is how busy the machine was during a measurement.
type Load struct {
	// Busy is the share of all cores' time that was not idle, Foreign the
	// part of it that no process of ours spent, both from 0 to 1.
	Busy    float64 `json:"busy"`
	Foreign float64 `json:"foreign"`
}

// String is the load as a table shows it: "40 %, 3 %".
func (l Load) String() string {
	if l == (Load{}) {
		return ""
	}
	return fmt.Sprintf("%.0f %%, %.0f %%", 100*l.Busy, 100*l.Foreign)
}

// Report is everything that one run of the benchmarks measured.
type Report struct {
	Date    time.Time `json:"date"`
	Machine Machine   `json:"machine"`
	// Isolated is true when the loopback interface carried only what host
	// and viewers said.
	Isolated bool `json:"isolated"`
	// Short is true for a quick look.
	Short   bool     `json:"short,omitempty"`
	Results []Result `json:"results"`
}

// Machine describes what was measured on, and what.
type Machine struct {
	CPU      string `json:"cpu"`
	Cores    int    `json:"cores"`
	Kernel   string `json:"kernel"`
	Go       string `json:"go"`
	Chromium string `json:"chromium"`
	// Revision is that of our own source, with "+" after it when files
	// were changed.
	Revision string `json:"revision"`
}

// String is the machine in a line.
func (m Machine) String() string {
	return fmt.Sprintf("%d × %s, Linux %s, %s, %s, Causeway %s", m.Cores, m.CPU, m.Kernel, m.Chromium, m.Go, m.Revision)
}

// Markdown is the report as a table, and the comparison with rivals as
// another.
func (r *Report) Markdown(accepted Accepted) string {
	text := r.table(accepted)
	if compared := CompareMarkdown(r.Results); compared != "" {
		text += "\n" + compared
	}
	return text
}

// table has a row for each result. Three numbers in a cell are median, 95th
// percentile and maximum.
func (r *Report) table(accepted Accepted) string {
	var t strings.Builder
	fmt.Fprintf(&t, "%s, %s\n\n", r.Date.Format("2 Jan 2006 15:04"), r.Machine)
	t.WriteString("| measurement | target | measured | | ÷ accepted | machine busy, others | remarks |\n|---|---|---|---|---|---|---|\n")
	for _, m := range r.Results {
		fmt.Fprintf(&t, "| %s | %s | %s | %s | %s | %s | %s |\n",
			m.Title(), m.Target, m.Measured(), m.Verdict(), accepted.Ratio(m), m.Load, strings.Join(m.Remarks, "; "))
	}
	if !r.Isolated {
		t.WriteString("\nTraffic was counted on the machine's own loopback interface, which other programs use too.\n")
	}
	return t.String()
}

// Save writes the report as JSON into folder and returns the file's path.
func (r *Report) Save(folder string) (string, error) {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	path := filepath.Join(folder, r.Date.UTC().Format("20060102T150405Z")+".json")
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	return path, nil
}
