package streams

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/input"
)

// Type is what a stream shows.
type Type string

// The types of streams.
const (
	// Desktop is all of a computer's screen.
	Desktop Type = "desktop"
	// Apps is the windows of chosen processes, and nothing else.
	Apps Type = "apps"
	// Frames is what a program draws for itself.
	Frames Type = "frames"
)

// Options describes a [Stream].
type Options struct {
	// Name tells the stream from the others of its peer: "desktop".
	Name string
	// Type is what it shows. Empty means Desktop.
	Type Type
	// Processes are the ids of the processes whose windows are shown, with
	// their children, in a stream of type Apps.
	Processes []int
	// Resolution is what becomes of the display's size.
	Resolution Resolution
	// Resize gives the display the size in pixels that is nearest to one, or
	// with zeros the one that it had before. Nil means that nothing can. It is
	// called from one goroutine at a time.
	Resize func(width, height int) error
	// View, when viewers may choose the monitor that they see, is what they
	// choose in: that of the picture's capture. Nil means that they may not.
	View *capture.View
	// Tracks are its picture, its sound, or both, the picture first. They are
	// closed with the stream.
	Tracks []*Track
	// Injector takes what viewers do. Share it by an [input.Desk]. Nil means
	// that viewers may only watch. It stays the caller's to close, after the
	// stream.
	Injector input.Injector
	// Level is what a viewer may do to whom [Stream.SetViewerLevel] gave no
	// level of its own.
	Level input.Level
	// Filter sees each event of a viewer before it is injected, and discards
	// it by returning false. It is called from a goroutine of the viewer's
	// connection and must not block. Nil lets everything through.
	Filter func(viewer string, e input.Event) bool
	// Joined and Left are told of each viewer. They must not block.
	Joined, Left func(viewer string)
}

// Resolution is a strategy for the size of a display while it is streamed.
type Resolution struct {
	// Strategy is one of the constants below.
	Strategy Strategy
	// Width and Height in pixels are for Constant.
	Width, Height int
}

// Strategy names a [Resolution].
type Strategy string

// The strategies. A display whose size was changed gets its old one back when
// the stream ends.
const (
	// Unchanged leaves the display as it is. It is the default.
	Unchanged Strategy = ""
	// Constant gives it the Resolution's size.
	Constant Strategy = "constant"
	// FindBestFit gives it the size nearest to that of the viewer's picture.
	FindBestFit Strategy = "best-fit"
)

// Stream is a named set of tracks that a peer publishes, and what each of its
// viewers may do. Its methods may be called from any goroutine.
type Stream struct {
	o Options

	// leveling is held while levels change, so that of two changes all
	// viewers get the same last.
	leveling sync.Mutex

	mu      sync.Mutex
	level   input.Level            // of those without one of their own
	levels  map[string]input.Level // of those with one
	viewers map[string]*Viewer
	closed  bool
	fit     fitter
}

// New makes a stream. Nothing runs until a viewer's track attaches.
func New(o Options) (*Stream, error) {
	if o.Name == "" {
		return nil, errors.New("streams: a stream needs a name")
	}
	if o.Type == "" {
		o.Type = Desktop
	}
	if o.Type == Apps && len(o.Processes) == 0 {
		return nil, fmt.Errorf("streams: %s: a stream of applications needs the ids of their processes", o.Name)
	}
	if r := o.Resolution; r.Strategy == Constant && (r.Width <= 0 || r.Height <= 0) {
		return nil, fmt.Errorf("streams: %s: a constant resolution of %dx%d", o.Name, r.Width, r.Height)
	}
	s := &Stream{o: o, level: o.Level, levels: map[string]input.Level{}, viewers: map[string]*Viewer{}}
	s.fit.resize = o.Resize
	return s, nil
}

// Name tells the stream from the others of its peer.
func (s *Stream) Name() string { return s.o.Name }

// Type is what the stream shows.
func (s *Stream) Type() Type { return s.o.Type }

// Processes are those of [Options.Processes].
func (s *Stream) Processes() []int { return slices.Clone(s.o.Processes) }

// Resolution is that of [Options.Resolution].
func (s *Stream) Resolution() Resolution { return s.o.Resolution }

// Tracks are the picture, the sound, or both.
func (s *Stream) Tracks() []*Track {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.o.Tracks)
}

// Controllable is true when the stream takes input at all.
func (s *Stream) Controllable() bool { return s.o.Injector != nil }

// Level is what a viewer may do who has no level of its own.
func (s *Stream) Level() input.Level {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.level
}

// SetLevel changes what viewers may do who have no level of their own, at
// once. What they hold down and may no longer press is let go of.
func (s *Stream) SetLevel(level input.Level) error {
	s.leveling.Lock()
	defer s.leveling.Unlock()
	s.mu.Lock()
	s.level = level
	var concerned []*Viewer
	for id, v := range s.viewers {
		if _, own := s.levels[id]; !own {
			concerned = append(concerned, v)
		}
	}
	s.mu.Unlock()
	var errs []error
	for _, v := range concerned {
		errs = append(errs, v.setLevel(level&v.wants))
	}
	return errors.Join(errs...)
}

// ViewerLevel is what the viewer of that id may do; nothing, if it does not
// watch.
func (s *Stream) ViewerLevel(viewer string) input.Level {
	s.mu.Lock()
	v := s.viewers[viewer]
	s.mu.Unlock()
	if v == nil {
		return input.None
	}
	return v.Level()
}

// SetViewerLevel gives one viewer a level of its own, at once and until it
// leaves, whatever it asked for. What it holds down and may no longer press is
// let go of.
func (s *Stream) SetViewerLevel(viewer string, level input.Level) error {
	s.leveling.Lock()
	defer s.leveling.Unlock()
	s.mu.Lock()
	v := s.viewers[viewer]
	if v == nil {
		s.mu.Unlock()
		return fmt.Errorf("streams: %s does not watch %s", viewer, s.o.Name)
	}
	s.levels[viewer] = level
	s.mu.Unlock()
	return v.setLevel(level)
}

// Viewers are the ids of those who watch.
func (s *Stream) Viewers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.viewers))
}

// Join admits a viewer under an id that no other has. It may do what it wants
// to, within the stream's level. changed is told of each new level; it must
// not block, nor call the stream.
func (s *Stream) Join(viewer string, wants input.Level, changed func(input.Level)) (*Viewer, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, fmt.Errorf("streams: %s: %w", s.o.Name, net.ErrClosed)
	}
	if s.viewers[viewer] != nil {
		s.mu.Unlock()
		return nil, fmt.Errorf("streams: %s watches %s already", viewer, s.o.Name)
	}
	v := newViewer(s, viewer, wants, changed)
	s.viewers[viewer] = v
	s.mu.Unlock()
	s.fitToConstant()
	if s.o.Joined != nil {
		s.o.Joined(viewer)
	}
	return v, nil
}

// leave is Viewer.Close.
func (s *Stream) leave(v *Viewer) {
	s.mu.Lock()
	delete(s.viewers, v.id)
	delete(s.levels, v.id)
	last := len(s.viewers) == 0
	s.mu.Unlock()
	s.fit.left(v.id, last)
	if s.o.Left != nil {
		s.o.Left(v.id)
	}
}

// Close ends the stream for all its viewers and waits until its sources have
// stopped. The second call does nothing.
func (s *Stream) Close() error {
	s.mu.Lock()
	s.closed = true
	viewers := slices.Collect(maps.Values(s.viewers))
	s.mu.Unlock()
	var errs []error
	for _, v := range viewers {
		errs = append(errs, v.Close())
	}
	for _, t := range s.Tracks() {
		errs = append(errs, t.Close())
	}
	s.fit.wait()
	return errors.Join(errs...)
}

// SetTracks exchanges the tracks. Those before stay the caller's to close.
func (s *Stream) SetTracks(tracks []*Track) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("streams: %s: %w", s.o.Name, net.ErrClosed)
	}
	s.o.Tracks = slices.Clone(tracks)
	return nil
}
