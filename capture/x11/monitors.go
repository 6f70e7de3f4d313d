package x11

import (
	"cmp"
	"context"
	"image"
	"slices"

	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture"
)

// Monitors lists the monitors of a display, from its left to its right: the
// order in which they are numbered.
func Monitors(ctx context.Context, name string) ([]capture.Monitor, error) {
	d, err := connect(ctx, name)
	if err != nil {
		return nil, err
	}
	defer d.hangUp()
	defer d.bound(ctx)()
	return d.monitors()
}

// monitors asks the server for its monitors, which a server before RandR 1.5
// does not know.
func (d *display) monitors() ([]capture.Monitor, error) {
	if !d.hasRandR {
		if _, err := enable(d.x, "RANDR"); err != nil {
			return nil, nil
		}
		if v, err := randr.QueryVersion(d.x, 1, 5).Reply(); err != nil || v.MajorVersion == 1 && v.MinorVersion < 5 {
			return nil, err
		}
		d.hasRandR = true
	}
	r, err := randr.GetMonitors(d.x, d.root, true).Reply()
	if err != nil {
		return nil, err
	}
	var all []capture.Monitor
	for _, m := range r.Monitors {
		name, err := xproto.GetAtomName(d.x, m.Name).Reply()
		if err != nil {
			return nil, err
		}
		x, y := int(m.X), int(m.Y)
		all = append(all, capture.Monitor{Name: name.Name, Bounds: image.Rect(x, y, x+int(m.Width), y+int(m.Height))})
	}
	slices.SortStableFunc(all, func(a, b capture.Monitor) int {
		return cmp.Or(a.Bounds.Min.X-b.Bounds.Min.X, a.Bounds.Min.Y-b.Bounds.Min.Y)
	})
	return all, nil
}
