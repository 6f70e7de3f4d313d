package capture

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// epoch is when the process started, near enough.
var epoch = time.Now()

// Now is the time on the clock that every frame, chunk and event is stamped
// with: the monotonic time since the process started.
func Now() time.Duration { return time.Since(epoch) }

// ErrLost is wrapped by the error of Next when the display or sound server
// went away. The source is dead; close it, and open a new one once the server
// is back.
var ErrLost = errors.New("the display or sound server went away")

// Source yields the pictures of one desktop. Its methods are called from one
// goroutine, but for Close, which may come from any.
type Source interface {
	// Next blocks until the picture has changed since the frame before, then
	// captures it. The first call captures at once. The size may change from
	// one frame to the next. After an error other than ctx's the source must
	// be closed.
	Next(ctx context.Context) (*Frame, error)
	// Snap captures at once, whether or not anything changed: a newcomer
	// needs a whole picture of a desktop that stands still. It counts as the
	// frame before for the next call of Next.
	Snap(ctx context.Context) (*Frame, error)
	// Close frees everything and makes a blocked Next return. The second
	// call does nothing.
	Close() error
}

// CursorSource is a [Source] that can tell the pointer apart from the picture,
// so that frames do not contain it and a viewer can draw it without waiting
// for video.
type CursorSource interface {
	// WatchCursor calls f with the pointer's state at once, then at every
	// change of its shape or position, until ctx is done or the source dies.
	// f must not block. Cursor.Shape is nil when only the position changed.
	WatchCursor(ctx context.Context, f func(Cursor)) error
}

// Options says what to capture. The zero value is the default display.
type Options struct {
	// Display is the X display, ":0" for one. Empty means $DISPLAY.
	Display string
	// View says what part of the display to capture, and is told what is. Nil
	// means all of it.
	View *View
	// Width and Height in pixels are for backends that make their own
	// picture (pattern). Zero means 1280×720.
	Width, Height int
	// FPS bounds how often a backend that cannot see changes polls, and how
	// often the pattern moves. Zero means 60.
	FPS int
	// Log receives what a person may need to know. Nil discards.
	Log *slog.Logger
}

// Backend is one way to capture a desktop.
type Backend struct {
	// Name is what a person types to choose it: "x11".
	Name string
	// ByName is true for a backend that is taken only when asked for by name,
	// so that nobody streams a test picture by accident.
	ByName bool
	// Parts is true when it heeds Options.View. One that does not is never
	// opened for a part of a display: it would show the rest.
	Parts bool
	// Probe says whether Open can serve these options, and if not why not
	// and what to do. It leaves nothing behind.
	Probe func(ctx context.Context, o Options) error
	// Open starts a capture. It may start goroutines, which Close ends.
	Open func(ctx context.Context, o Options) (Source, error)
}

// Open opens the backend called name, or for "auto" and "" the first of
// backends that serves. It returns the source and the name of its backend.
func Open(ctx context.Context, backends []Backend, name string, o Options) (Source, string, error) {
	var errs []error
	for _, b := range backends {
		if auto := name == "" || name == "auto"; auto && b.ByName || !auto && name != b.Name {
			continue
		}
		if o.View != nil && !o.View.Area().All() && !b.Parts {
			errs = append(errs, fmt.Errorf("%s: captures whole displays only: %w", b.Name, errors.ErrUnsupported))
			continue
		}
		s, err := b.Open(ctx, o)
		if err == nil {
			return s, b.Name, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", b.Name, err))
	}
	if errs == nil {
		return nil, "", fmt.Errorf("capture: no backend called %q: %w", name, errors.ErrUnsupported)
	}
	return nil, "", fmt.Errorf("capture: %w", errors.Join(errs...))
}
