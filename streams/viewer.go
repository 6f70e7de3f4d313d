package streams

import (
	"errors"
	"net"
	"sync"

	"github.com/causeway-rtc/causeway/input"
)

// Viewer is one viewer's place at a stream: what it does goes through it. Its
// methods may be called from any goroutine.
type Viewer struct {
	stream  *Stream
	id      string
	wants   input.Level // what it asked to do
	seat    *input.Seat // nil when the stream takes no input
	changed func(input.Level)
	once    sync.Once
	closing error
}

// newViewer seats a viewer. The caller holds the stream's mu.
func newViewer(s *Stream, id string, wants input.Level, changed func(input.Level)) *Viewer {
	v := &Viewer{stream: s, id: id, wants: wants, changed: changed}
	if s.o.Injector != nil {
		v.seat = input.NewSeat(filtered{s.o.Injector, s.o.Filter, id}, s.level&wants)
	}
	return v
}

// ID is the one that the viewer joined under.
func (v *Viewer) ID() string { return v.id }

// Handle injects what a message of the viewer says, in the form of
// input/PROTOCOL.md. It reports whether anything happened that could show.
// The errors are those of [input.Seat.Handle].
func (v *Viewer) Handle(msg []byte) (shows bool, err error) {
	if v.seat == nil {
		return false, nil
	}
	before := v.seat.Stats().Injected
	err = v.seat.Handle(msg)
	return v.seat.Stats().Injected != before, err
}

// Level is what the viewer may do.
func (v *Viewer) Level() input.Level {
	if v.seat == nil {
		return input.None
	}
	return v.seat.Level()
}

func (v *Viewer) setLevel(level input.Level) error {
	if v.seat == nil {
		return nil
	}
	// The viewer learns of it also when something could not be let go of.
	err := v.seat.SetLevel(level)
	if v.changed != nil {
		v.changed(level)
	}
	return err
}

// Release lets go of everything that the viewer holds down.
func (v *Viewer) Release() error {
	if v.seat == nil {
		return nil
	}
	return ignoreClosed(v.seat.Release())
}

// Close lets go of everything that the viewer holds down, and leaves the
// stream. The second call does nothing.
func (v *Viewer) Close() error {
	v.once.Do(func() {
		if v.seat != nil {
			v.closing = ignoreClosed(v.seat.Close())
		}
		v.stream.leave(v)
	})
	return v.closing
}

// ignoreClosed takes a display that is gone for one on which nothing is down.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// filtered is an Injector behind a filter. A release is never filtered: a key
// must not stay down because a filter changed its mind.
type filtered struct {
	input.Injector
	filter func(viewer string, e input.Event) bool
	viewer string
}

// Inject is that of [input.Injector].
func (f filtered) Inject(e input.Event) error {
	if f.filter != nil && !isRelease(e) && !f.filter(f.viewer, e) {
		return nil
	}
	return f.Injector.Inject(e)
}

func isRelease(e input.Event) bool {
	switch e := e.(type) {
	case input.Key:
		return !e.Down
	case input.Button:
		return !e.Down
	}
	return false
}
