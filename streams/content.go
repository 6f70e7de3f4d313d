package streams

import (
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// content tells from the frames of a picture whether all of it changes, as in
// games and films, or whether it is a desktop, of which most stands still most
// of the time. Sharpness is what a desktop needs, and motion an encoder that is
// quick.
//
// It moves when enough large frames came within a second, and is a desktop
// again when few did, so that a window that is dragged or a page that is turned
// is no reason to change, nor is a film that holds its breath. A page that
// scrolls is a desktop: what was there already costs nothing to send again, and
// is to stay sharp. The zero value has seen nothing.
//
// It sees every frame that is captured, whoever encodes it: an encoder that
// missed one must take the next for new, which says nothing of what is shown.
type content struct {
	moves  bool
	turned time.Duration // when the last large frame came that was the first for a while
	scroll encode.Scroll
	frames recent // that were large
}

const (
	// largeShare is of how much of the picture a large frame tells, in
	// hundredths, and leastChange how much of it must differ: some programs
	// draw again what was there.
	largeShare  = 30
	leastChange = 10
	// manyLarge such frames within contentWindow are motion, and fewLarge or
	// less are none. One that waits for the screen makes sixty.
	manyLarge     = 24
	fewLarge      = 6
	contentWindow = time.Second
	// pageRest is how long it takes between large frames to turn a page.
	pageRest = 200 * time.Millisecond
)

// see takes note of a frame and says whether the picture moves.
func (c *content) see(f *capture.Frame) bool {
	if share(f) >= largeShare && c.large(f) {
		if last, ok := c.frames.last(); !ok || f.Time-last >= pageRest {
			c.turned = f.Time
		}
		c.frames.note(f.Time)
	}
	n := c.frames.within(contentWindow, f.Time)
	switch {
	case n == manyLarge:
		c.moves = true
	case n <= fewLarge:
		c.moves = false
	}
	return c.moves
}

// large is true for a frame, of the share that a large one has, of which much is
// neither as before nor the same elsewhere.
func (c *content) large(f *capture.Frame) bool {
	s := c.scroll.See(f)
	return s.Changed >= leastChange && !s.Scrolled()
}

// share is how much of the picture may have changed, in hundredths. What lies
// in two rectangles counts twice.
func share(f *capture.Frame) int {
	if f.Damage == nil {
		return 100
	}
	area := 0
	for _, r := range f.Damage {
		area += r.Dx() * r.Dy()
	}
	return 100 * area / max(f.Width*f.Height, 1)
}
