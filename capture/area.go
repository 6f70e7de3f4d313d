package capture

import (
	"fmt"
	"image"
	"strconv"
	"strings"
)

// Area says what part of a display is captured. The zero value is all of it;
// of the fields at most one is set.
type Area struct {
	// Monitor is the name of one, "HDMI-1", or its number, counted from 1.
	// While it is not there, all of the display is shown.
	Monitor string
	// Region is a rectangle of the display, in pixels.
	Region image.Rectangle
	// Window is the id of one, "0x1400003", or its title. It is shown alone:
	// nothing that lies over it or under it is seen. While it is not there,
	// the picture is black.
	Window string
	// Processes are the ids of those whose windows are shown, with those of
	// their children, in their places on a black display.
	Processes []int
}

// All is true when the area is the whole display.
func (a Area) All() bool {
	return a.Monitor == "" && a.Region.Empty() && !a.Masked()
}

// Masked is true when windows are chosen, so that others must not be seen.
func (a Area) Masked() bool { return a.Window != "" || len(a.Processes) > 0 }

// String is the area in the words of a command line.
func (a Area) String() string {
	switch r := a.Region; {
	case a.Monitor != "":
		return "monitor " + a.Monitor
	case a.Window != "":
		return "window " + a.Window
	case len(a.Processes) > 0:
		return "process " + strings.Trim(fmt.Sprint(a.Processes), "[]")
	case !r.Empty():
		return fmt.Sprintf("region %dx%d+%d+%d", r.Dx(), r.Dy(), r.Min.X, r.Min.Y)
	}
	return "all monitors"
}

// Monitor is a part of a display that a person sees as one screen.
type Monitor struct {
	Name string
	// Bounds is its place on the display, in pixels.
	Bounds image.Rectangle
}

// FindMonitor is the monitor of that name or number, or an error that says
// which there are.
func FindMonitor(all []Monitor, name string) (Monitor, error) {
	var there []string
	for _, m := range all {
		if m.Name == name {
			return m, nil
		}
		there = append(there, m.Name)
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(all) {
		return all[n-1], nil
	}
	return Monitor{}, fmt.Errorf("there is no monitor %q; there are: %s", name, strings.Join(there, ", "))
}

// Window is a window that may be shown.
type Window struct {
	ID    uint32
	Title string
	// PID is the process that made it, 0 where the server does not know.
	PID int
	// Bounds is its place on the display, in pixels.
	Bounds image.Rectangle
}
