package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// demo is the program that a virtual display shows when nobody said what to
// run: something that moves, that answers clicks with ripples and a chime, and
// keys with what was typed. It needs an X display and nothing else.
func demo(ctx context.Context) error {
	c, err := xgb.NewConn()
	if err != nil {
		return fmt.Errorf("open the display: %w", err)
	}
	defer c.Close()
	w, err := openDemo(c)
	if err != nil {
		return err
	}
	chime := newChime()
	defer chime.close()
	events := make(chan xgb.Event, 16)
	go pump(c, events)
	tick := time.NewTicker(time.Second / sceneFPS)
	defer tick.Stop()
	began := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			w.scene.draw(time.Since(began).Seconds())
			w.paint()
		case e, ok := <-events:
			if !ok {
				return errors.New("the display went away")
			}
			if press, ok := e.(xproto.ButtonPressEvent); ok && press.Detail < 4 {
				w.scene.click(int(press.EventX), int(press.EventY), time.Since(began).Seconds())
				chime.strike(int(press.EventX))
			}
			if press, ok := e.(xproto.KeyPressEvent); ok {
				w.typed(press)
			}
		}
	}
}

// pump passes events on until the connection ends. The channel is closed
// then; events that nobody takes in time are dropped.
func pump(c *xgb.Conn, events chan<- xgb.Event) {
	defer close(events)
	for {
		e, err := c.WaitForEvent()
		if e == nil && err == nil {
			return
		}
		select {
		case events <- e:
		default:
		}
	}
}

// demoWindow is the demonstration's window.
type demoWindow struct {
	c     *xgb.Conn
	id    xproto.Window
	gc    xproto.Gcontext
	keys  *xproto.GetKeyboardMappingReply
	first xproto.Keycode
	text  []byte
	scene *scene
}

// backdrop is the colour of the desktop behind the windows.
const backdrop = 0x2b3d52

func openDemo(c *xgb.Conn) (*demoWindow, error) {
	setup := xproto.Setup(c)
	screen := setup.DefaultScreen(c)
	w := &demoWindow{c: c, scene: newScene(), first: setup.MinKeycode}
	var err error
	if w.id, err = xproto.NewWindowId(c); err != nil {
		return nil, err
	}
	mask := uint32(xproto.EventMaskButtonPress | xproto.EventMaskKeyPress)
	x, y := int16(screen.WidthInPixels)-sceneWidth-48, int16(screen.HeightInPixels)-sceneHeight-64
	xproto.CreateWindow(c, screen.RootDepth, w.id, screen.Root, max(x, 0), max(y, 0), sceneWidth, sceneHeight, 0,
		xproto.WindowClassInputOutput, screen.RootVisual, xproto.CwEventMask, []uint32{mask})
	title := "Causeway: click me, type to me"
	xproto.ChangeProperty(c, xproto.PropModeReplace, w.id, xproto.AtomWmName, xproto.AtomString, 8, uint32(len(title)), []byte(title))
	// USPosition and fixed size, ICCCM §4.1.2.3.
	hints := make([]byte, 18*4)
	xgb.Put32(hints, 1|16|32)
	for i, v := range []uint32{sceneWidth, sceneHeight, sceneWidth, sceneHeight} {
		xgb.Put32(hints[20+4*i:], v)
	}
	xproto.ChangeProperty(c, xproto.PropModeReplace, w.id, xproto.AtomWmNormalHints, xproto.AtomWmSizeHints, 32, 18, hints)
	if err := w.prepare(setup); err != nil {
		return nil, err
	}
	// The root of a server without a session is black.
	xproto.ChangeWindowAttributes(c, screen.Root, xproto.CwBackPixel, []uint32{backdrop})
	xproto.ClearArea(c, false, screen.Root, 0, 0, 0, 0)
	return w, xproto.MapWindowChecked(c, w.id).Check()
}

// prepare makes what drawing and reading keys need.
func (w *demoWindow) prepare(setup *xproto.SetupInfo) (err error) {
	font, err := xproto.NewFontId(w.c)
	if err != nil {
		return err
	}
	xproto.OpenFont(w.c, font, 5, "fixed")
	if w.gc, err = xproto.NewGcontextId(w.c); err != nil {
		return err
	}
	xproto.CreateGC(w.c, w.gc, xproto.Drawable(w.id), xproto.GcForeground|xproto.GcBackground|xproto.GcFont, []uint32{0xffffff, 0x263048, uint32(font)})
	n := setup.MaxKeycode - setup.MinKeycode + 1
	w.keys, err = xproto.GetKeyboardMapping(w.c, setup.MinKeycode, byte(n)).Reply()
	return err
}

// paint shows the scene, in strips since a request holds 256 KiB.
func (w *demoWindow) paint() {
	const rows = 90
	for y := 0; y < sceneHeight; y += rows {
		strip := w.scene.pix[y*sceneWidth*4 : (y+rows)*sceneWidth*4]
		xproto.PutImage(w.c, xproto.ImageFormatZPixmap, xproto.Drawable(w.id), w.gc, sceneWidth, rows, 0, int16(y), 0, 24, strip)
	}
	line := fmt.Sprintf(" %s   %s ", time.Now().Format("15:04:05"), w.text)
	xproto.ImageText8(w.c, byte(len(line)), xproto.Drawable(w.id), w.gc, 12, 22, line)
}

// typed adds a key's character to the line of text.
func (w *demoWindow) typed(e xproto.KeyPressEvent) {
	at := int(e.Detail-w.first) * int(w.keys.KeysymsPerKeycode)
	sym := w.keys.Keysyms[at]
	if e.State&xproto.ModMaskShift != 0 && w.keys.KeysymsPerKeycode > 1 && w.keys.Keysyms[at+1] != 0 {
		sym = w.keys.Keysyms[at+1]
	}
	switch {
	case sym == 0xff08 && len(w.text) > 0: // BackSpace
		w.text = w.text[:len(w.text)-1]
	case sym >= 0x20 && sym < 0x100:
		w.text = append(w.text, byte(sym))
	}
	const most = 60
	w.text = w.text[max(len(w.text)-most, 0):]
}
