package x11

import (
	"context"
	"fmt"

	"github.com/causeway-rtc/causeway/capture"
)

// Backend captures an X display on damage. Its sources are
// [capture.CursorSource]s too.
var Backend = capture.Backend{Name: "x11", Parts: true, Probe: probe, Open: open}

// Wayland reports whether the session that getenv describes ([os.Getenv] for
// one) is a Wayland session. Its X display belongs to XWayland: the picture
// of its root window is black, and only X programs are in it. Capture works,
// but shows a person nothing; whoever opens a source should say so.
func Wayland(getenv func(string) string) bool {
	return getenv("WAYLAND_DISPLAY") != "" || getenv("XDG_SESSION_TYPE") == "wayland"
}

func probe(ctx context.Context, o capture.Options) error {
	d, err := connect(ctx, o.Display)
	if err != nil {
		return err
	}
	defer d.hangUp()
	defer d.bound(ctx)()
	if err := d.usable(); err != nil {
		return fmt.Errorf("x11: display %q: %w", d.name, err)
	}
	return nil
}

func open(ctx context.Context, o capture.Options) (capture.Source, error) {
	d, err := connect(ctx, o.Display)
	if err != nil {
		return nil, err
	}
	s, err := newSource(ctx, d, o)
	if err != nil {
		d.hangUp()
		return nil, fmt.Errorf("x11: display %q: %w", d.name, err)
	}
	return s, nil
}
