package input

import (
	"errors"
	"fmt"
	"slices"
)

// maxHeld is how many keys and buttons one viewer may hold down. No keyboard
// and no pair of hands reaches it.
const maxHeld = 64

// Held knows which keys and buttons one viewer holds down, so that nothing
// stays down when the viewer goes, or loses permission or focus. The zero
// value holds nothing. It is not safe for concurrent use.
type Held struct {
	down []Event // the presses, oldest first
}

// Inject passes e on to inj and remembers what it presses. What changes
// nothing is dropped: the press of what is down already, as the host repeats
// by itself, and the release of what is not. [Release] lets go of everything.
func (h *Held) Inject(inj Injector, e Event) error {
	var press Event
	down := false
	switch e := e.(type) {
	case Release:
		return h.ReleaseAll(inj)
	case Key:
		press, down = Key{Code: e.Code, Down: true}, e.Down
	case Button:
		press, down = Button{Button: e.Button, Down: true}, e.Down
	default:
		return inj.Inject(e)
	}
	at := slices.Index(h.down, press)
	switch {
	case down == (at >= 0):
		return nil
	case !down:
		h.down = slices.Delete(h.down, at, at+1)
		return inj.Inject(e)
	case len(h.down) == maxHeld:
		return fmt.Errorf("input: more than %d keys and buttons down", maxHeld)
	}
	if err := inj.Inject(e); err != nil {
		return err
	}
	h.down = append(h.down, press)
	return nil
}

// ReleaseAll lets go of everything that is down.
func (h *Held) ReleaseAll(inj Injector) error { return h.ReleaseExcept(inj, None) }

// ReleaseExcept lets go of everything that is down and that a viewer with the
// permissions of keep could not have pressed, newest first. What fails to be
// let go of is forgotten too: whoever holds nothing cannot try again.
func (h *Held) ReleaseExcept(inj Injector, keep Level) error {
	var errs []error
	kept := h.down[:0]
	ups := make([]Event, 0, len(h.down))
	for _, e := range h.down {
		if keep.Has(e.Level()) {
			kept = append(kept, e)
			continue
		}
		switch e := e.(type) {
		case Key:
			ups = append(ups, Key{Code: e.Code})
		case Button:
			ups = append(ups, Button{Button: e.Button})
		}
	}
	h.down = kept
	for _, e := range slices.Backward(ups) {
		errs = append(errs, inj.Inject(e))
	}
	return errors.Join(errs...)
}

// Len is the number of keys and buttons that are down.
func (h *Held) Len() int { return len(h.down) }
