package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/x11"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/streams"
)

// area is the part of the display that the flags choose.
func (c *config) area() capture.Area {
	a := capture.Area{Monitor: c.monitor, Region: c.region, Window: c.window}
	if a.Monitor == "all" {
		a.Monitor = ""
	}
	if c.process > 0 {
		a.Processes = []int{c.process}
	}
	return a
}

// checkArea refuses more than one part.
func (c *config) checkArea() error {
	var given []string
	for name, is := range map[string]bool{
		"--monitor": c.monitor != "", "--region": !c.region.Empty(), "--window": c.window != "", "--process": c.process > 0,
	} {
		if is {
			given = append(given, name)
		}
	}
	if len(given) > 1 {
		return errors.New("--monitor, --region, --window and --process exclude each other: give one")
	}
	if !c.area().All() && c.capture != "auto" && c.capture != "x11" {
		return fmt.Errorf("%s needs --capture x11: %s shows whole displays", given[0], c.capture)
	}
	return nil
}

// checkArea says what is there when the part that was chosen is not.
func (d *desktop) checkArea(ctx context.Context) error {
	if d.c.area().All() {
		return nil
	}
	display, _ := d.now()
	return x11.Check(ctx, display, d.c.area())
}

// sight is what viewers see of the display.
func (d *desktop) sight() input.Sight {
	s := d.view.Shown()
	return input.Sight{Display: s.Display, Picture: s.Picture, Masked: s.Masked}
}

// shape fills in what viewers may make of the desktop: one that shows a chosen
// part stays with it, and a virtual one can take their size.
func (d *desktop) shape(o *streams.Options) {
	a := d.c.area()
	if a.Masked() {
		o.Type = streams.Apps
		o.Processes = a.Processes
		if a.Window != "" { // its process is not known before it is there
			o.Type = streams.Desktop
		}
	} else if a.Region.Empty() {
		o.View = d.view
	}
	if d.screen == nil {
		return
	}
	o.Resize = d.resize
	if d.c.fit == "viewer" {
		o.Resolution.Strategy = streams.FindBestFit
	}
}

// resize gives the virtual display another size, or with zeros its first.
func (d *desktop) resize(width, height int) error {
	d.mu.Lock()
	screen := d.screen
	d.mu.Unlock()
	if width == 0 {
		width, height = d.c.width, d.c.height
		if width == 0 {
			width, height = 1280, 720
		}
	} else {
		width, height = screen.Nearest(width, height)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := screen.Resize(ctx, width, height)
	if err != nil {
		d.log.Warn("the display keeps its size", "err", err)
	}
	return err
}

// tellMissing tells viewers when what was chosen cannot be shown.
func (h *host) tellMissing() func(capture.Shown) {
	missing := ""
	status := h.status("shape")
	return func(s capture.Shown) {
		if s.Missing != missing {
			missing = s.Missing
			// A list of what else there is would tell viewers of it.
			status(missing == "", strings.SplitAfter(missing, ". ")[0])
		}
	}
}

// printParts writes the monitors and windows of a display.
func printParts(ctx context.Context, w io.Writer, display string) {
	if display == "" {
		return
	}
	fmt.Fprintln(w, "monitors (--monitor)")
	monitors, err := x11.Monitors(ctx, display)
	if err != nil {
		printRow(w, "all", err)
	}
	for i, m := range monitors {
		b := m.Bounds
		printRow(w, fmt.Sprintf("%d %s %dx%d+%d+%d", i+1, m.Name, b.Dx(), b.Dy(), b.Min.X, b.Min.Y), nil)
	}
	fmt.Fprintln(w, "windows (--window, --process)")
	windows, err := x11.Windows(ctx, display)
	if err != nil {
		printRow(w, "all", err)
	}
	for _, e := range windows {
		printRow(w, fmt.Sprintf("%#x %q of process %d", e.ID, e.Title, e.PID), nil)
	}
}

// region is WIDTHxHEIGHT+X+Y in pixels.
type region struct{ p *image.Rectangle }

func (v region) String() string { return "" }
func (v region) Set(s string) error {
	var w, h, x, y int
	n, err := fmt.Sscanf(s, "%dx%d+%d+%d", &w, &h, &x, &y)
	r := image.Rect(x, y, x+w, y+h)
	if err != nil || n != 4 || s != fmt.Sprintf("%dx%d+%d+%d", w, h, x, y) || w < 1 || h < 1 || x < 0 || y < 0 || r.Max.X > 1<<15 || r.Max.Y > 1<<15 {
		return errors.New("allowed is a size and a place in pixels, such as 800x600+100+50")
	}
	*v.p = r
	return nil
}

// scale is a factor.
type scale struct{ p *float64 }

func (v scale) String() string { return "" }
func (v scale) Set(s string) error {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 1 && f <= 4) {
		return errors.New("allowed is a number from 1 to 4, such as 1.5")
	}
	*v.p = f
	return nil
}
