package input

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Injector makes events happen on the host's desktop. Its methods may be
// called from any goroutine; events are injected in the order of the calls.
type Injector interface {
	// Inject makes e happen and returns once the display server has been
	// told. An event that the desktop has no counterpart for is an error that
	// wraps [errors.ErrUnsupported], and nothing is injected in its stead;
	// so it is with [Motion] and [Release], which [Order] and [Held] turn
	// into what can be injected. After Close, and once the display server is
	// gone, the error wraps [net.ErrClosed]. No error quotes what was typed.
	Inject(e Event) error
	// Close frees everything. The second call does nothing. It does not let
	// go of keys: that is [Held]'s work.
	Close() error
}

// Options says where to inject. The zero value is the default display.
type Options struct {
	// Display is the X display, ":0" for one. Empty means $DISPLAY.
	Display string
	// Log receives what a person may need to know, never what was typed. Nil
	// discards.
	Log *slog.Logger
}

// Backend is one way to inject.
type Backend struct {
	// Name is what a person types to choose it: "xtest".
	Name string
	// Probe says whether Open can serve these options, and if not why not
	// and what to do. It leaves nothing behind.
	Probe func(ctx context.Context, o Options) error
	// Open connects to the display. The context bounds Open alone.
	Open func(ctx context.Context, o Options) (Injector, error)
}

// Open opens the backend called name, or for "auto" and "" the first of
// backends that serves. It returns the injector and the name of its backend.
func Open(ctx context.Context, backends []Backend, name string, o Options) (Injector, string, error) {
	errs := []error{}
	for _, b := range backends {
		if name != "" && name != "auto" && name != b.Name {
			continue
		}
		i, err := b.Open(ctx, o)
		if err == nil {
			return i, b.Name, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", b.Name, err))
	}
	if len(errs) == 0 {
		errs = append(errs, fmt.Errorf("not in this build: %w", errors.ErrUnsupported))
	}
	return nil, "", fmt.Errorf("input: no injector %q: %w", name, errors.Join(errs...))
}
