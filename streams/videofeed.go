package streams

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

const (
	// maxFeedSide and maxFeedBlocks bound a submitted picture: to 4096×2304,
	// and to as much upright. That is the most blocks of 16×16 pixels that
	// H.264 has a level for below 6 (ITU-T H.264 table A-1).
	maxFeedSide   = 4096
	maxFeedBlocks = 36864
	// minFeedSide is the least that every encoder takes.
	minFeedSide = 16
	// maxFeedAge is how long before its submission a picture was drawn, at
	// most.
	maxFeedAge = time.Second
	// maxFeedDamage is how many rectangles of damage are kept apart.
	maxFeedDamage = 16
)

// Picture is what a program submits to a [VideoFeed]. It stays the program's:
// SubmitVideo copies what it needs before it returns.
type Picture struct {
	// Width and Height in pixels: from 1×1 to 4096×2304, or 2304×4096. Odd
	// sizes are allowed. They may change from picture to picture, but each
	// change costs a new encoder and a key frame. What is smaller than 16
	// pixels is padded to them by repeating its edge.
	Width, Height int
	// Format is how the pixels lie in Plane, the top row first. BGRA and RGBA
	// are sRGB, and their fourth byte is ignored; I420 and NV12 are BT.709 in
	// limited range, and reach H.264 without a conversion of colours.
	Format capture.PixelFormat
	Plane  [3][]byte
	// Stride is the bytes from one row of a plane to the next. Zero means
	// that there is nothing between rows.
	Stride [3]int
	// Damage bounds what may have changed since the picture before, in
	// pixels, and saves the encoder work. Nil means everything.
	Damage []image.Rectangle
	// Time is when the picture was drawn, on the clock of [capture.Now], at
	// most a second ago. Zero means now.
	Time time.Duration
}

// VideoFeed takes the place of a capture: a program that draws for itself
// submits its pictures, and a [Video] with the feed's Backend among its
// backends sends them. It starts nothing, so there is nothing to close. Its
// methods may be called from any goroutine.
type VideoFeed struct {
	submitting sync.Mutex // held during a copy

	mu      sync.Mutex
	latest  *feedPicture // nil before the first
	spare   []*feedPicture
	sources []*feedSource
}

// feedPicture is a copy of a submitted picture. The feed uses it while it is
// the latest, a source while its frame is handed out.
type feedPicture struct {
	capture.Frame
	users int // guarded by the feed's mu
}

// NewVideoFeed makes a feed without a picture.
func NewVideoFeed() *VideoFeed { return &VideoFeed{} }

// Backend is what to put into [VideoOptions.Backends]. Viewers see nothing
// until the first picture is submitted.
func (v *VideoFeed) Backend() capture.Backend {
	return capture.Backend{
		Name:  "feed",
		Probe: func(context.Context, capture.Options) error { return nil },
		Open:  func(context.Context, capture.Options) (capture.Source, error) { return v.open(), nil },
	}
}

// Watched is true while somebody watches. A program may spare itself drawing
// while nobody does, but who comes then sees its latest picture first.
func (v *VideoFeed) Watched() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.sources) > 0
}

// SubmitVideo makes p the picture that viewers see. It copies p and never
// waits for an encoder: of pictures that come faster than they are encoded the
// newest wins. The latest is kept for who comes later. It allocates nothing
// while size and format stay the same. An error says what is wrong with p,
// which then changes nothing.
func (v *VideoFeed) SubmitVideo(p Picture) error {
	if err := p.complete(); err != nil {
		return err
	}
	now := capture.Now()
	if p.Time == 0 {
		p.Time = now
	}
	p.Time = min(max(p.Time, now-maxFeedAge), now)
	v.submitting.Lock()
	defer v.submitting.Unlock()
	c := v.blank(p.Format, max(p.Width, minFeedSide), max(p.Height, minFeedSide))
	for i := range p.Plane {
		p.copyPlane(&c.Frame, i)
	}
	c.Time = p.Time
	if c.Width != p.Width || c.Height != p.Height {
		p.Damage = nil // it says nothing of the padding
	}
	v.show(c, p.Damage)
	return nil
}

// complete fills in strides, or says what is wrong.
func (p *Picture) complete() error {
	w, h := p.Width, p.Height
	if w < 1 || h < 1 || w > maxFeedSide || h > maxFeedSide || (w+15)/16*((h+15)/16) > maxFeedBlocks {
		return fmt.Errorf("streams: a picture of %d×%d: it takes 1×1 to 4096×2304 or 2304×4096", w, h)
	}
	if p.Format > capture.RGBA {
		return fmt.Errorf("streams: a picture of format %d, which there is not", p.Format)
	}
	for i := range p.Plane {
		bytes, rows, _ := p.plane(i)
		if p.Stride[i] == 0 {
			p.Stride[i] = bytes
		}
		if rows == 0 {
			continue
		}
		if p.Stride[i] < bytes {
			return fmt.Errorf("streams: a stride of %d bytes in plane %d of a %v picture %d pixels wide, whose rows take %d",
				p.Stride[i], i, p.Format, w, bytes)
		}
		// By division, since a product could overflow.
		if n := len(p.Plane[i]); n < bytes || rows > 1 && p.Stride[i] > (n-bytes)/(rows-1) {
			return fmt.Errorf("streams: plane %d of a %d×%d %v picture has %d bytes, too few for %d rows at a stride of %d",
				i, w, h, p.Format, n, rows, p.Stride[i])
		}
	}
	return nil
}

// plane is how many bytes a row of plane i has, how many rows there are, and
// how many bytes make a value. All are zero for a plane that Format lacks.
func (p *Picture) plane(i int) (bytes, rows, value int) {
	w, h := p.Width, p.Height
	switch {
	case i == 0 && (p.Format == capture.BGRA || p.Format == capture.RGBA):
		return 4 * w, h, 4
	case i == 0:
		return w, h, 1
	case p.Format == capture.I420:
		return (w + 1) / 2, (h + 1) / 2, 1
	case p.Format == capture.NV12 && i == 1:
		return (w + 1) / 2 * 2, (h + 1) / 2, 2
	}
	return 0, 0, 0
}

// copyPlane copies plane i into dst, which may be larger: the last value of a
// row and the last row are then repeated.
func (p *Picture) copyPlane(dst *capture.Frame, i int) {
	bytes, rows, value := p.plane(i)
	if rows == 0 {
		return
	}
	padded := Picture{Width: dst.Width, Height: dst.Height, Format: dst.Format}
	wide, high, _ := padded.plane(i)
	for y := range high {
		row := dst.Plane[i][y*dst.Stride[i]:][:wide]
		copy(row, p.Plane[i][min(y, rows-1)*p.Stride[i]:][:bytes])
		for x := bytes; x < wide; x++ {
			row[x] = row[x-value]
		}
	}
}

// blank returns a picture to copy into, a spare one if it fits. The others do
// not fit any more.
func (v *VideoFeed) blank(format capture.PixelFormat, width, height int) *feedPicture {
	v.mu.Lock()
	defer v.mu.Unlock()
	for len(v.spare) > 0 {
		last := len(v.spare) - 1
		c := v.spare[last]
		v.spare[last] = nil
		v.spare = v.spare[:last]
		if c.Format == format && c.Width == width && c.Height == height {
			return c
		}
	}
	return &feedPicture{Frame: *encode.NewFrame(format, width, height)}
}

// show makes c the latest picture and wakes the sources.
func (v *VideoFeed) show(c *feedPicture, damage []image.Rectangle) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c.users = 1
	before := v.latest
	v.latest = c
	if before == nil || !before.like(c) {
		damage = nil
	}
	if before != nil {
		v.leave(before)
	}
	for _, s := range v.sources {
		s.changed(damage)
	}
}

// leave notes that one user is done with c. There are never more pictures than
// the one that is copied into, the latest, and one for each source. The caller
// holds mu.
func (v *VideoFeed) leave(c *feedPicture) {
	if c.users--; c.users == 0 && c.like(v.latest) {
		v.spare = append(v.spare, c)
	}
}

// like is true when o fits where c does.
func (c *feedPicture) like(o *feedPicture) bool {
	return c.Format == o.Format && c.Width == o.Width && c.Height == o.Height
}

// open starts a source.
func (v *VideoFeed) open() *feedSource {
	s := &feedSource{
		feed: v,
		wake: make(chan struct{}, 1), idle: make(chan struct{}, 1), closed: make(chan struct{}),
		damage: make([]image.Rectangle, 0, maxFeedDamage), given: make([]image.Rectangle, 0, maxFeedDamage),
	}
	s.free = s.release
	s.idle <- struct{}{}
	v.mu.Lock()
	defer v.mu.Unlock()
	s.fresh, s.whole, s.last = v.latest != nil, true, math.MinInt64
	v.sources = append(v.sources, s)
	return s
}

// remove is feedSource.Close.
func (v *VideoFeed) remove(s *feedSource) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sources = slices.DeleteFunc(v.sources, func(o *feedSource) bool { return o == s })
}
