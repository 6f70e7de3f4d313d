package xtest

import (
	"errors"
	"fmt"
	"net"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// connect opens both connections and learns all that Inject needs.
func (i *injector) connect(display string) error {
	var err error
	if i.x, err = xgb.NewConnDisplay(display); err != nil {
		return fmt.Errorf("%w; is the X server running, and does DISPLAY or the option name it?", err)
	}
	i.drains.Go(func() { i.drain(i.x) })
	if err := xtest.Init(i.x); err != nil {
		return fmt.Errorf("no XTEST: %w; choose another injector, or start the server with the extension: %w", err, errors.ErrUnsupported)
	}
	if err := i.useXKB(); err != nil {
		return err
	}
	if i.watch, err = xgb.NewConnDisplay(display); err != nil {
		return err
	}
	i.drains.Go(func() { i.drain(i.watch) })
	setup := xproto.Setup(i.watch)
	i.root = setup.DefaultScreen(i.watch).Root
	i.min, i.max = setup.MinKeycode, setup.MaxKeycode
	// Asked for before the size is, so that no change falls in between.
	err = xproto.ChangeWindowAttributesChecked(i.watch, i.root, xproto.CwEventMask,
		[]uint32{xproto.EventMaskStructureNotify}).Check()
	if err != nil {
		return fmt.Errorf("watch the root window: %w", err)
	}
	g, err := xproto.GetGeometry(i.watch, xproto.Drawable(i.root)).Reply()
	if err != nil {
		return fmt.Errorf("size of the root window: %w", err)
	}
	i.setSize(g.Width, g.Height)
	i.remapped.Store(true)
	return nil
}

func (i *injector) setSize(w, h uint16) { i.size.Store(uint32(w)<<16 | uint32(h)) }

// drain takes what a connection brings until it ends. It is the only reader,
// and has to read both: a connection whose news nobody takes gets stuck.
func (i *injector) drain(c *xgb.Conn) {
	defer i.goneOnce.Do(func() { close(i.gone) })
	for {
		ev, xerr := c.WaitForEvent()
		if ev == nil && xerr == nil {
			return
		}
		if xerr != nil {
			// What it says of the request could give a key away.
			i.log.Debug("x server refused a request")
			continue
		}
		switch e := ev.(type) {
		case xproto.MappingNotifyEvent:
			i.remapped.Store(true)
		case xproto.ConfigureNotifyEvent:
			if e.Window == i.root {
				i.setSize(e.Width, e.Height)
			}
		}
	}
}

// alive is an error once the server is gone.
func (i *injector) alive() error {
	select {
	case <-i.gone:
		return fmt.Errorf("xtest: the X server is gone: %w", net.ErrClosed)
	default:
		return nil
	}
}

// disconnect closes what connect opened, and waits for the goroutines. The
// caller holds i.mu.
func (i *injector) disconnect() {
	for _, c := range []*xgb.Conn{i.x, i.watch} {
		if c != nil {
			c.Close()
		}
	}
	i.drains.Wait()
}
