package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"
)

// canvas is a window that covers a screen, without decoration, in front, with
// the keyboard's focus.
type canvas struct {
	*screen
	window        xproto.Window
	gc            xproto.Gcontext
	width, height int
}

// openCanvas opens a window on display and waits until it is there.
func openCanvas(display string) (*canvas, error) {
	s, err := openScreen(display)
	if err != nil {
		return nil, err
	}
	c := &canvas{screen: s}
	if err := c.open(); err != nil {
		s.close()
		return nil, fmt.Errorf("bench: window on %q: %w", display, err)
	}
	return c, nil
}

func (c *canvas) open() (err error) {
	if c.width, c.height, err = c.size(); err != nil {
		return err
	}
	if c.window, err = xproto.NewWindowId(c.conn); err != nil {
		return err
	}
	if c.gc, err = xproto.NewGcontextId(c.conn); err != nil {
		return err
	}
	mask := uint32(xproto.CwBackPixel | xproto.CwOverrideRedirect | xproto.CwEventMask)
	values := []uint32{c.BlackPixel, 1, xproto.EventMaskKeyPress | xproto.EventMaskExposure}
	if err := xproto.CreateWindowChecked(c.conn, c.RootDepth, c.window, c.Root, 0, 0, uint16(c.width), uint16(c.height),
		0, xproto.WindowClassInputOutput, c.RootVisual, mask, values).Check(); err != nil {
		return err
	}
	if err := xproto.CreateGCChecked(c.conn, c.gc, xproto.Drawable(c.window), 0, nil).Check(); err != nil {
		return err
	}
	if err := xproto.MapWindowChecked(c.conn, c.window).Check(); err != nil {
		return err
	}
	if _, err := c.await(func(event any) bool { _, ok := event.(xproto.ExposeEvent); return ok }); err != nil {
		return err
	}
	if err := c.hidePointer(); err != nil {
		return err
	}
	return xproto.SetInputFocusChecked(c.conn, xproto.InputFocusPointerRoot, c.window, xproto.TimeCurrentTime).Check()
}

// hidePointer makes the pointer invisible over the window: whether a system
// draws it is not what is measured. It goes where it covers no code.
func (c *canvas) hidePointer() error {
	pixmap, err := xproto.NewPixmapId(c.conn)
	if err != nil {
		return err
	}
	cursor, err := xproto.NewCursorId(c.conn)
	if err != nil {
		return err
	}
	gc, err := xproto.NewGcontextId(c.conn)
	if err != nil {
		return err
	}
	xproto.CreatePixmap(c.conn, 1, pixmap, xproto.Drawable(c.window), 1, 1)
	xproto.CreateGC(c.conn, gc, xproto.Drawable(pixmap), xproto.GcForeground, []uint32{0})
	xproto.PolyFillRectangle(c.conn, xproto.Drawable(pixmap), gc, []xproto.Rectangle{{Width: 1, Height: 1}})
	xproto.CreateCursor(c.conn, cursor, pixmap, pixmap, 0, 0, 0, 0, 0, 0, 0, 0)
	xproto.WarpPointer(c.conn, 0, c.Root, 0, 0, 0, 0, int16(c.width-2), int16(c.height-2))
	return xproto.ChangeWindowAttributesChecked(c.conn, c.window, xproto.CwCursor, []uint32{uint32(cursor)}).Check()
}

// await blocks until an event comes that f wants.
func (c *canvas) await(f func(event any) bool) (event any, err error) {
	for {
		event, xerr := c.conn.WaitForEvent()
		switch {
		case xerr != nil:
			return nil, fmt.Errorf("bench: X server: %w", xerr)
		case event == nil:
			return nil, errGone
		case f(event):
			return event, nil
		}
	}
}

// keys calls f for every key that is pressed, with the moment at which it was
// heard of, until ctx is done, which is no error.
func (c *canvas) keys(ctx context.Context, f func(cause time.Duration) error) error {
	// An event cannot be waited for with a context; a client message can
	// always be sent.
	stop := context.AfterFunc(ctx, c.wake)
	defer stop()
	for {
		_, err := c.await(func(event any) bool {
			switch event.(type) {
			case xproto.KeyPressEvent, xproto.ClientMessageEvent:
				return true
			}
			return false
		})
		if err != nil {
			return err
		}
		cause := Now()
		if ctx.Err() != nil {
			return nil
		}
		if err := f(cause); err != nil {
			return err
		}
	}
}

// wake makes keys look at its context.
func (c *canvas) wake() {
	message := xproto.ClientMessageEvent{
		Format: 32, Window: c.window, Type: xproto.AtomString,
		Data: xproto.ClientMessageDataUnionData32New(make([]uint32, 5)),
	}
	xproto.SendEvent(c.conn, false, c.window, xproto.EventMaskNoEvent, string(message.Bytes()))
}

// rect is a place in the shared memory's picture and in the window.
type rect struct {
	srcX, srcY, x, y, width, height int
}

// put shows a rectangle of a picture in the shared memory that starts offset
// bytes into it and is total pixels wide and high. It is one request, so
// whoever watches the window learns of one change.
func (c *canvas) put(offset, totalWidth, totalHeight int, r rect) (issued, drawn time.Duration, err error) {
	issued = Now()
	shm.PutImage(c.conn, xproto.Drawable(c.window), c.gc, uint16(totalWidth), uint16(totalHeight),
		uint16(r.srcX), uint16(r.srcY), uint16(r.width), uint16(r.height), int16(r.x), int16(r.y),
		c.RootDepth, xproto.ImageFormatZPixmap, 0, c.segment, uint32(offset))
	err = c.sync()
	return issued, Now(), err
}
