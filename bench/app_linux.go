package bench

import (
	"context"
	"errors"
)

// errGone means that a connection to an X server was closed, by either end.
var errGone = errors.New("bench: the X connection is closed")

// App is an application on the host's display that draws numbered pictures.
// Its first picture, [FirstCode], is there when it is opened.
type App interface {
	// Run draws until ctx is done, which is no error, or until Close.
	Run(ctx context.Context) error
	// Draws are all pictures drawn since it was opened but for the first.
	// It must not be called while Run runs.
	Draws() []Draw
	// Close removes the window. The second call does nothing.
	Close() error
}

// Remembering is an [App] that can tell what each of its pictures looked like.
type Remembering interface {
	App
	// Picture is picture seq. It must not be called while Run runs.
	Picture(seq int) Picture
}

// FirstCode is the code of the picture that an [App] shows before it runs.
const FirstCode = Code(firstSeq % Codes)
