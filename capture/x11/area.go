package x11

import (
	"context"
	"fmt"
	"image"
	"strings"

	"github.com/causeway-rtc/causeway/capture"
)

// Check says whether an area is there to be captured on a display, and if not,
// what is.
func Check(ctx context.Context, name string, a capture.Area) error {
	d, err := connect(ctx, name)
	if err != nil {
		return err
	}
	defer d.hangUp()
	defer d.bound(ctx)()
	if a.Masked() {
		if err := d.useComposite(); err != nil {
			return fmt.Errorf("x11: display %q: %w", d.name, err)
		}
	}
	shown, err := d.resolve(a, image.Point{})
	if err != nil {
		return fmt.Errorf("x11: display %q: %w", d.name, err)
	}
	if shown.Missing != "" {
		return fmt.Errorf("x11: display %q: %s", d.name, shown.Missing)
	}
	if r := a.Region; !r.In(image.Rectangle{Max: shown.Display}) {
		return fmt.Errorf("x11: display %q: the %v is not within its %dx%d pixels", d.name, a, shown.Display.X, shown.Display.Y)
	}
	return nil
}

// resolve finds out what there is to show of an area. A picture without
// content has the size of the one before.
func (d *display) resolve(a capture.Area, before image.Point) (capture.Shown, error) {
	width, height, err := d.size()
	if err != nil {
		return capture.Shown{}, err
	}
	s := capture.Shown{Display: image.Pt(width, height), Picture: image.Rect(0, 0, width, height)}
	if s.Monitors, err = d.monitors(); err != nil {
		return s, err
	}
	whole := s.Picture
	switch {
	case a.Monitor != "":
		showMonitor(&s, a.Monitor)
	case a.Masked():
		err = d.showWindows(&s, a, before)
	case !a.Region.Empty():
		if s.Picture = a.Region.Intersect(whole); s.Picture.Empty() {
			s.Picture, s.Masked = a.Region, true
			s.Missing = fmt.Sprintf("The %v lies outside of the display's %dx%d pixels.", a, width, height)
		}
	}
	return s, err
}

// showMonitor narrows the picture to a monitor, if it is there.
func showMonitor(s *capture.Shown, name string) {
	m, err := capture.FindMonitor(s.Monitors, name)
	// One that reaches beyond the display is about to be told anew.
	r := m.Bounds.Intersect(s.Picture)
	if err == nil && r.Empty() {
		err = fmt.Errorf("the monitor %q is off", name)
	}
	if err != nil {
		s.Missing = sentence(err.Error()) + " All monitors are shown."
		return
	}
	s.Picture, s.Monitor = r, m.Name
}

// sentence makes one of a clause.
func sentence(clause string) string {
	return strings.ToUpper(clause[:1]) + clause[1:] + "."
}
