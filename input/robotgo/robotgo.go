package robotgo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"

	"github.com/causeway-rtc/causeway/input"
)

// Backend injects into the desktop with robotgo. On X, Options.Display names
// it; elsewhere it is the desktop of the process.
var Backend = input.Backend{Name: "robotgo", Probe: probe, Open: open}

// process is held by the open injector: the library has one display for the
// whole process, and so must this package.
var process sync.Mutex

// injector makes the library's calls on a thread of their own.
type injector struct {
	mu     sync.Mutex // lets one caller in at a time
	closed bool
	calls  chan func() error
	done   chan error

	wheel input.Notches // of the thread
}

func probe(ctx context.Context, o input.Options) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("robotgo: %w", err)
	}
	if err := probeDisplay(o.Display); err != nil {
		return fmt.Errorf("robotgo: %w", err)
	}
	return nil
}

func open(ctx context.Context, o input.Options) (input.Injector, error) {
	if err := probe(ctx, o); err != nil {
		return nil, err
	}
	if !process.TryLock() {
		return nil, errors.New("robotgo: one injector is open, and the library serves no second: close it first")
	}
	i := &injector{calls: make(chan func() error), done: make(chan error)}
	go i.run()
	if err := i.call(func() error { return openDisplay(o.Display) }); err != nil {
		return nil, errors.Join(fmt.Errorf("robotgo: display %q: %w", o.Display, err), i.Close())
	}
	return i, nil
}

// run makes the calls, one after the other, until Close.
func (i *injector) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for call := range i.calls {
		i.done <- call()
	}
	closeDisplay()
	close(i.done)
}

// call makes a call on the thread, and waits for it. The caller holds i.mu or
// has i for itself.
func (i *injector) call(f func() error) error {
	i.calls <- f
	return <-i.done
}

// Inject implements [input.Injector]. A key or motion takes a round trip to
// the display server, a character of text five milliseconds.
func (i *injector) Inject(e input.Event) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return fmt.Errorf("robotgo: %w", net.ErrClosed)
	}
	err := i.call(func() error {
		if displayLost() {
			return errGone
		}
		err := i.inject(e)
		if displayLost() {
			return errGone
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("robotgo: %v: %w", e, err)
	}
	return nil
}

var errGone = fmt.Errorf("the X server is gone: %w", net.ErrClosed)

func (i *injector) inject(e input.Event) error {
	switch e := e.(type) {
	case input.Key:
		return toggleKey(e)
	case input.Text:
		return typeText(e)
	case input.Button:
		return toggleButton(e)
	case input.Wheel:
		return i.turn(e)
	case input.Move:
		return moveTo(e.X, e.Y)
	case input.Nudge:
		// Further than a screen is wide, and not so far that the sum with
		// the pointer's place leaves the 16 bits that X has for it.
		const far = 1<<14 - 1
		moveBy(int(min(max(e.DX, -far), far)), int(min(max(e.DY, -far), far)))
		return nil
	default:
		return errors.ErrUnsupported
	}
}

func toggleKey(e input.Key) error {
	k, ok := keys[e.Code]
	if !ok {
		return fmt.Errorf("the library lacks this key or gets it wrong: %w", errors.ErrUnsupported)
	}
	if !keyIsAt(k.keysym, e.Code) {
		return fmt.Errorf("the layout has this key elsewhere, and the library looks for it there: %w", errors.ErrUnsupported)
	}
	return toggle(k.name, e.Down)
}

func toggleButton(e input.Button) error {
	var name string
	switch e.Button {
	case 1:
		name = "left"
	case 2:
		name = "center"
	case 3:
		name = "right"
	default:
		return errors.ErrUnsupported
	}
	if e.At {
		if err := moveTo(e.X, e.Y); err != nil {
			return err
		}
	}
	return click(name, e.Down)
}

func (i *injector) turn(e input.Wheel) error {
	if e.DX != 0 && !wheelTurnsSideways {
		return fmt.Errorf("sideways: %w", errors.ErrUnsupported)
	}
	if x, y := i.wheel.Turn(e); x != 0 || y != 0 {
		scroll(x*notchUnits, y*notchUnits)
	}
	return nil
}

func moveTo(x, y uint16) error {
	w, h, err := screenSize()
	if err != nil {
		return err
	}
	move(input.ToPixel(x, w), input.ToPixel(y, h))
	return nil
}

// typeText types the whole text, or nothing if a character of it cannot be.
func typeText(e input.Text) error {
	if err := e.Validate(); err != nil {
		return err
	}
	for _, r := range e.Text {
		if !canType(r) {
			return fmt.Errorf("a character that the library cannot type here: %w", errors.ErrUnsupported)
		}
	}
	for _, r := range e.Text {
		if err := typeRune(r); err != nil {
			return err
		}
	}
	return nil
}

// Close disconnects, and returns when the thread has ended.
func (i *injector) Close() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return nil
	}
	i.closed = true
	close(i.calls)
	<-i.done
	process.Unlock()
	return nil
}
