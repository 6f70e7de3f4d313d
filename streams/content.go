package streams

import (
	"time"

	"github.com/causeway-rtc/causeway/capture"
)

// content tells from the frames of a picture whether all of it moves, as in
// games and films, or whether it is a desktop, of which most stands still most
// of the time. Sharpness is what a desktop needs, and motion an encoder that is
// quick.
//
// It moves when enough large frames came within a second, and is a desktop
// again when few did, so that a window that is dragged or a page that is turned
// is no reason to change, nor is a film that holds its breath. The zero value
// has seen nothing.
type content struct {
	moves bool
	large [manyLarge]time.Duration // when the last large frames came, a ring
	at    int
	count int
}

const (
	// largeShare is of how much of the picture a large frame tells, in
	// hundredths.
	largeShare = 30
	// manyLarge such frames within contentWindow are motion, and fewLarge or
	// less are none. One that waits for the screen makes sixty.
	manyLarge     = 24
	fewLarge      = 6
	contentWindow = time.Second
)

// see takes note of a frame and says whether the picture moves.
func (c *content) see(f *capture.Frame) bool {
	if share(f) >= largeShare {
		c.large[c.at] = f.Time
		c.at = (c.at + 1) % manyLarge
		c.count = min(c.count+1, manyLarge)
	}
	recent := 0
	for _, t := range c.large[:c.count] {
		if f.Time-t <= contentWindow {
			recent++
		}
	}
	switch {
	case recent == manyLarge:
		c.moves = true
	case recent <= fewLarge:
		c.moves = false
	}
	return c.moves
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
