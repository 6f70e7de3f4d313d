package virtual

import (
	"context"
	"errors"
	"fmt"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"
)

// Resize gives the display another size in pixels, at most the maximum of its
// Options. Programs see what they see when a monitor's resolution changes.
func (d *Display) Resize(ctx context.Context, width, height int) error {
	if width < 8 || height < 8 || width > d.max[0] || height > d.max[1] {
		return fmt.Errorf("virtual: resize %s to %d×%d: outside of 8×8 to %d×%d",
			d.name, width, height, d.max[0], d.max[1])
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.converse(ctx, func(c *xgb.Conn) error { return setSize(c, uint16(width), uint16(height)) })
	if err != nil {
		return fmt.Errorf("virtual: resize %s to %d×%d: %w", d.name, width, height, err)
	}
	return nil
}

// Nearest is the size nearest to one that Resize can give, for a desktop that a
// person uses: at least 320×200.
func (d *Display) Nearest(width, height int) (int, int) {
	fit := func(n, least, most int) int { return min(max(n, least), most) }
	return fit(width, min(320, d.max[0]), d.max[0]), fit(height, min(200, d.max[1]), d.max[1])
}

// setScale tells programs how dense the display is, as desktops do: by the
// resource Xft.dpi, which toolkits read when they start.
func (d *Display) setScale(ctx context.Context, scale float64) error {
	resources := fmt.Sprintf("Xft.dpi:\t%.0f\n", 96*scale)
	err := d.converse(ctx, func(c *xgb.Conn) error {
		return xproto.ChangePropertyChecked(c, xproto.PropModeReplace, xproto.Setup(c).DefaultScreen(c).Root,
			xproto.AtomResourceManager, xproto.AtomString, 8, uint32(len(resources)), []byte(resources)).Check()
	})
	if err != nil {
		return fmt.Errorf("virtual: scale %s: %w", d.name, err)
	}
	return nil
}

// setSize switches the only output to a mode of that size, and the root
// window with it.
func setSize(c *xgb.Conn, width, height uint16) error {
	if err := useRandR(c); err != nil {
		return err
	}
	screen := xproto.Setup(c).DefaultScreen(c)
	res, err := randr.GetScreenResourcesCurrent(c, screen.Root).Reply()
	if err != nil {
		return err
	}
	if len(res.Crtcs) == 0 || len(res.Outputs) == 0 {
		return errors.New("the server has no output")
	}
	mode, err := findMode(c, screen.Root, res, width, height)
	if err != nil {
		return err
	}
	// The screen may not shrink below what its output shows: off, size, on.
	set := func(mode randr.Mode, outputs []randr.Output) error {
		_, err := randr.SetCrtcConfig(c, res.Crtcs[0], xproto.TimeCurrentTime, res.ConfigTimestamp, 0, 0,
			mode, randr.RotationRotate0, outputs).Reply()
		return err
	}
	if err := set(0, nil); err != nil {
		return err
	}
	// 96 dots an inch, in millimetres.
	mm := func(pixels uint16) uint32 { return uint32(pixels) * 254 / 960 }
	err = randr.SetScreenSizeChecked(c, screen.Root, width, height, mm(width), mm(height)).Check()
	return errors.Join(err, set(mode, res.Outputs[:1]))
}

// findMode returns the output's mode of that size, made if need be.
func findMode(c *xgb.Conn, root xproto.Window, res *randr.GetScreenResourcesCurrentReply,
	width, height uint16,
) (randr.Mode, error) {
	out, err := randr.GetOutputInfo(c, res.Outputs[0], res.ConfigTimestamp).Reply()
	if err != nil {
		return 0, err
	}
	known := map[uint32]bool{}
	for _, m := range out.Modes {
		known[uint32(m)] = true
	}
	for _, m := range res.Modes {
		if m.Width == width && m.Height == height && known[m.Id] {
			return randr.Mode(m.Id), nil
		}
	}
	name := fmt.Sprintf("causeway-%dx%d", width, height)
	// A screen in memory has no timing; 60 Hz is what programs expect to read.
	info := randr.ModeInfo{
		Width: width, Height: height, Htotal: width, Vtotal: height,
		DotClock: uint32(width) * uint32(height) * 60, NameLen: uint16(len(name)),
	}
	made, err := randr.CreateMode(c, root, info, name).Reply()
	if err != nil {
		return 0, err
	}
	return made.Mode, randr.AddOutputModeChecked(c, res.Outputs[0], made.Mode).Check()
}

// useRandR does for requests what randr.Init does, and no more: Init also
// writes to tables that the readers of all other connections of the process
// read without a lock.
func useRandR(c *xgb.Conn) error {
	ext, err := xproto.QueryExtension(c, uint16(len("RANDR")), "RANDR").Reply()
	if err != nil {
		return err
	}
	if !ext.Present {
		return errors.New("the server has no RandR")
	}
	c.ExtLock.Lock()
	c.Extensions["RANDR"] = ext.MajorOpcode
	c.ExtLock.Unlock()
	_, err = randr.QueryVersion(c, 1, 3).Reply()
	return err
}
