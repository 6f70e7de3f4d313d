package xtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"github.com/causeway-rtc/causeway/input"
)

// Backend injects into the X server of Options.Display.
var Backend = input.Backend{Name: "xtest", Probe: probe, Open: open}

// evdevToX is what an X keycode is more than the evdev code: the protocol
// keeps the first eight to itself.
const evdevToX = 8

// injector is an open display. See the package's doc for its connections.
type injector struct {
	log   *slog.Logger
	x     *xgb.Conn // requests
	watch *xgb.Conn // news
	xkb   byte      // major opcode of XKEYBOARD
	root  xproto.Window
	min   xproto.Keycode
	max   xproto.Keycode

	size     atomic.Uint32 // of the root: width<<16 | height
	remapped atomic.Bool   // the keyboard mapping is not the one in text
	gone     chan struct{} // closed when a connection ends
	goneOnce sync.Once
	drains   sync.WaitGroup

	mu     sync.Mutex // over all below, and the order of requests
	closed bool
	down   [256]bool // keycodes that Inject pressed
	wheel  input.Notches
	text   typist
}

func probe(ctx context.Context, o input.Options) error {
	i, err := open(ctx, o)
	if err != nil {
		return err
	}
	return i.Close()
}

func open(ctx context.Context, o input.Options) (input.Injector, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("xtest: %w", err)
	}
	i := &injector{log: o.Log, gone: make(chan struct{})}
	if i.log == nil {
		i.log = slog.New(slog.DiscardHandler)
	}
	if err := i.connect(o.Display); err != nil {
		return nil, errors.Join(fmt.Errorf("xtest: display %q: %w", o.Display, err), i.Close())
	}
	return i, nil
}

// Inject implements [input.Injector]. Keys, buttons and motion take no round
// trip to the server; text takes one and more.
func (i *injector) Inject(e input.Event) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return fmt.Errorf("xtest: %w", net.ErrClosed)
	}
	if err := i.alive(); err != nil {
		return err
	}
	if err := i.inject(e); err != nil {
		return fmt.Errorf("xtest: %v: %w", e, err)
	}
	return i.alive()
}

func (i *injector) inject(e input.Event) error {
	switch e := e.(type) {
	case input.Key:
		return i.key(e)
	case input.Text:
		return i.typeText(e)
	case input.Button:
		return i.button(e)
	case input.Wheel:
		x, y := i.wheel.Turn(e)
		i.click(y, wheelUp, wheelDown)
		i.click(x, wheelLeft, wheelRight)
	case input.Move:
		i.moveTo(e.X, e.Y)
	case input.Nudge:
		const far = 1<<15 - 1 // further than any screen is wide
		dx, dy := min(max(e.DX, -far), far), min(max(e.DY, -far), far)
		i.fake(xproto.MotionNotify, 1, int16(dx), int16(dy))
	default:
		return errors.ErrUnsupported
	}
	return nil
}

func (i *injector) key(e input.Key) error {
	if e.Code == 0 || int(e.Code) > int(i.max)-evdevToX || int(e.Code) < int(i.min)-evdevToX {
		return fmt.Errorf("no such key in X: %w", errors.ErrUnsupported)
	}
	code := byte(e.Code + evdevToX)
	i.down[code] = e.Down
	if e.Down {
		i.fake(xproto.KeyPress, code, 0, 0)
	} else {
		i.fake(xproto.KeyRelease, code, 0, 0)
	}
	return nil
}

func (i *injector) button(e input.Button) error {
	switch e.Button {
	case 1, 2, 3, 8, 9:
	default:
		return errors.ErrUnsupported
	}
	if e.At {
		i.moveTo(e.X, e.Y)
	}
	if e.Down {
		i.fake(xproto.ButtonPress, e.Button, 0, 0)
	} else {
		i.fake(xproto.ButtonRelease, e.Button, 0, 0)
	}
	return nil
}

// The buttons that stand for the wheel.
const (
	wheelUp    = 4
	wheelDown  = 5
	wheelLeft  = 6
	wheelRight = 7
)

// click clicks a button of the wheel n times, or the other one if n is
// negative.
func (i *injector) click(n int, negative, positive byte) {
	button := positive
	if n < 0 {
		button, n = negative, -n
	}
	for range n {
		i.fake(xproto.ButtonPress, button, 0, 0)
		i.fake(xproto.ButtonRelease, button, 0, 0)
	}
}

func (i *injector) moveTo(x, y uint16) {
	size := i.size.Load()
	px, py := input.ToPixel(x, int(size>>16)), input.ToPixel(y, int(size&0xffff))
	i.fake(xproto.MotionNotify, 0, int16(px), int16(py))
}

// fake sends one event. It does not wait for the server; whether the server
// is there at all, alive tells.
func (i *injector) fake(kind, detail byte, x, y int16) {
	xtest.FakeInput(i.x, kind, detail, xproto.TimeCurrentTime, i.root, x, y, 0)
}

// Close clears the keys that were lent to characters, and disconnects. It
// returns when the goroutines have ended.
func (i *injector) Close() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return nil
	}
	i.closed = true
	if i.x != nil && i.alive() == nil {
		i.clearSpares()
	}
	i.disconnect()
	return nil
}
