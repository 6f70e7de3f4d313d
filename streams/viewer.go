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
		v.seat = input.NewSeat(&filtered{Injector: s.o.Injector, filter: s.o.Filter, viewer: id}, s.level&wants)
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

// filtered is an Injector behind a filter, for one Seat, which calls it from
// one goroutine at a time. A release is never filtered: a key must not stay
// down because a filter changed its mind. But what was never pressed is not
// released either: another viewer may hold it.
type filtered struct {
	input.Injector
	filter    func(viewer string, e input.Event) bool
	viewer    string
	discarded map[input.Event]struct{} // presses, no more than a Seat holds
}

// Inject is that of [input.Injector].
func (f *filtered) Inject(e input.Event) error {
	if f.filter == nil {
		return f.Injector.Inject(e)
	}
	press, release := pressOf(e)
	if release {
		if _, void := f.discarded[press]; void {
			delete(f.discarded, press)
			return nil
		}
		return f.Injector.Inject(e)
	}
	if f.filter(f.viewer, e) {
		return f.Injector.Inject(e)
	}
	if press != nil {
		if f.discarded == nil {
			f.discarded = map[input.Event]struct{}{}
		}
		f.discarded[press] = struct{}{}
	}
	return nil
}

// pressOf is the press that e is or undoes, nil for what is no key or button,
// and whether e is a release.
func pressOf(e input.Event) (press input.Event, release bool) {
	switch e := e.(type) {
	case input.Key:
		return input.Key{Code: e.Code, Down: true}, !e.Down
	case input.Button:
		return input.Button{Button: e.Button, Down: true}, !e.Down
	}
	return nil, false
}
