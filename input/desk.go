package input

import (
	"fmt"
	"net"
	"sync"
)

// Desk lets several viewers share one [Injector], and lets the host exchange
// it when the display server is started anew. It is an Injector itself: a key
// or button that two viewers hold goes up when the second lets go. It relies
// on each viewer's [Held] to send one release for each press.
//
// Its methods may be called from any goroutine.
type Desk struct {
	mu   sync.Mutex
	inj  Injector
	down map[Event]int // press → how many viewers hold it
}

// NewDesk returns a Desk that injects through inj, which remains the
// caller's to close. inj may be nil until [Desk.Use].
func NewDesk(inj Injector) *Desk {
	return &Desk{inj: inj, down: map[Event]int{}}
}

// Use exchanges the Injector, and returns the one before for the caller to
// close. The new one's display has nothing down, and whoever still holds
// something there will let go of it to no effect. With nil every Inject fails
// until the next Use.
func (d *Desk) Use(inj Injector) Injector {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.inj
	d.inj, d.down = inj, map[Event]int{}
	return before
}

// Inject injects e unless another viewer's hold on the same key or button
// makes it void. Without an Injector the error wraps [net.ErrClosed].
func (d *Desk) Inject(e Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inj == nil {
		return fmt.Errorf("input: no display to inject into: %w", net.ErrClosed)
	}
	switch k := e.(type) {
	case Key:
		return d.toggle(e, Key{Code: k.Code}, k.Down)
	case Button:
		return d.toggle(e, Button{Button: k.Button}, k.Down)
	default:
		return d.inj.Inject(e)
	}
}

// toggle counts who holds what, and injects the first press and the last
// release. The caller holds d.mu.
func (d *Desk) toggle(e, what Event, down bool) error {
	n := d.down[what]
	switch {
	case down && n > 0:
		d.down[what]++
		return nil
	case down:
		err := d.inj.Inject(e)
		if err == nil {
			d.down[what] = 1
		}
		return err
	case n == 0:
		return nil
	case n > 1:
		d.down[what]--
		return nil
	default:
		delete(d.down, what)
		return d.inj.Inject(e)
	}
}

// Close takes the Injector away without closing it.
func (d *Desk) Close() error {
	d.Use(nil)
	return nil
}
