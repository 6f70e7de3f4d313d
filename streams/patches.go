package streams

import (
	"context"
	"fmt"
	"image"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/encode/patch"
)

const (
	// batchMost is how many blocks a patch draws at most, the more the smaller
	// for each. Even when nothing makes them smaller it fits into a message that
	// browsers take, of 256 KiB. Where few bytes may be on their way, it is
	// batchLeast.
	batchMost  = 16
	batchLeast = 4
	// ahead is how much of what the viewer's way carries may be on it, and
	// aheadLeast the least of that in bytes. More would hold up the video.
	ahead      = 60 * time.Millisecond
	aheadLeast = 16 << 10
	// wayMost is how many patches may be on their way, however small.
	wayMost = 32
	// patchTime is how long patches may take until the video need not become
	// sharp for itself: photographs take much longer, without loss.
	patchTime = time.Second
	// firstCost is what a block of text takes, in bytes.
	firstCost = 1000
)

// Patches is one viewer's end of the patches of a track's picture: exact pixels
// of what stands still, or has just changed a little, to be drawn over the
// video. Nothing is queued but in the viewer's way: Next makes a patch of what
// is newest when there is room for it.
type Patches struct {
	mosaic *mosaic
	demand *Demand
	viewer string

	wake chan struct{} // capacity one: there may be something to send
	gone chan struct{} // closed by Close
	once sync.Once
	pack patch.Packer

	// What follows is guarded by the mosaic's mu.
	epoch int
	shown []uint32      // the version of each block that the viewer has, or zero
	count int           // how many are not zero
	told  time.Duration // up to which frame it knows what changed
	drew  int           // how many blocks the patch has that is made
	cost  int           // about how many bytes a block takes
	way   []int         // the sizes of the patches that are on their way, in bytes
	sum   int           // of way
}

// AttachPatches begins to keep patches for the viewer of that id. Only a viewer
// who is sent the picture in full size gets any.
func (t *Track) AttachPatches(viewer string) *Patches {
	p := &Patches{mosaic: &t.mosaic, demand: t.demand, viewer: viewer, cost: firstCost, wake: make(chan struct{}, 1), gone: make(chan struct{})}
	t.mosaic.mu.Lock()
	defer t.mosaic.mu.Unlock()
	t.mosaic.viewers = append(t.mosaic.viewers, p)
	signal(t.demand.changed) // a picture at rest is captured for it
	return p
}

// Next blocks until there is something to tell the viewer. at is the time of
// the newest frame that it is up to date with, for its Timestamp. The patch is
// the caller's until the next call. After Close the error wraps
// [net.ErrClosed]. One goroutine calls it.
func (p *Patches) Next(ctx context.Context) (next *patch.Patch, at time.Duration, err error) {
	for {
		if next, at := p.make(); next != nil {
			if len(next.Draw) > 0 {
				next.Data = p.pack.Pack()
			}
			return next, at, nil
		}
		select {
		case <-p.wake:
		case <-p.gone:
			return nil, 0, fmt.Errorf("streams: patches of %s: %w", p.viewer, net.ErrClosed)
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
}

// Sent notes that a message of so many bytes is on its way to the viewer.
func (p *Patches) Sent(bytes int) {
	p.mosaic.mu.Lock()
	defer p.mosaic.mu.Unlock()
	if p.drew > 0 {
		p.cost += (bytes/p.drew - p.cost) / 4
		p.drew = 0
	}
	p.way = append(p.way, bytes)
	p.sum += bytes
}

// Arrived notes that the viewer has drawn the first n messages of those that
// are on their way. It reports false when there are not so many.
func (p *Patches) Arrived(n int) bool {
	p.mosaic.mu.Lock()
	defer p.mosaic.mu.Unlock()
	if n < 0 || n > len(p.way) {
		return false
	}
	for _, bytes := range p.way[:n] {
		p.sum -= bytes
	}
	p.way = slices.Delete(p.way, 0, n)
	signal(p.wake)
	return true
}

// Close detaches the viewer. The second call does nothing.
func (p *Patches) Close() {
	p.once.Do(func() {
		close(p.gone)
		p.mosaic.mu.Lock()
		defer p.mosaic.mu.Unlock()
		p.mosaic.viewers = slices.DeleteFunc(p.mosaic.viewers, func(o *Patches) bool { return o == p })
	})
}

// suffices is true when patches show a viewer all that stands still, or will
// within about patchTime. bps is what its way carries, or zero.
func (m *mosaic) suffices(viewer string, bps int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.viewers, func(p *Patches) bool { return p.viewer == viewer })
	if i < 0 || m.width == 0 {
		return false
	}
	p := m.viewers[i]
	missing := len(m.blocks) - p.count
	return p.epoch == m.epoch && (bps == 0 || missing*p.cost < bps/8*int(patchTime/time.Millisecond)/1000)
}

// make is what to tell the viewer next, but for the packing of what was added,
// or nil.
func (p *Patches) make() (*patch.Patch, time.Duration) {
	rate, whole := p.demand.patchable(p.viewer)
	m := p.mosaic
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(p.way) >= wayMost {
		return nil, 0
	}
	void := p.epoch != m.epoch && p.count > 0 // what the viewer has, by the size of the next
	if p.epoch != m.epoch {
		p.epoch, p.count = m.epoch, 0
		p.shown = make([]uint32, len(m.blocks))
	}
	next := &patch.Patch{Width: m.width, Height: m.height}
	whole = whole && m.width > 0
	window := max(rate/8*int(ahead/time.Millisecond)/1000, aheadLeast)
	if whole {
		batch := batchMost
		if window < batchMost*4*blockSide*blockSide/4 {
			batch = batchLeast
		}
		// What has just changed may overtake the rest.
		p.draw(next, batch, p.sum < 2*window, func(b *block) bool { return b.changed == m.time })
		p.draw(next, batch, p.sum < window, func(*block) bool { return true })
	}
	p.clear(next, whole)
	if !void && len(next.Draw) == 0 && len(next.Clear) == 0 && (p.count == 0 || p.told == m.time) {
		return nil, 0
	}
	p.told = m.time
	return next, m.time
}

// draw adds blocks to next that the viewer has not and which are copied.
func (p *Patches) draw(next *patch.Patch, left int, room bool, holds func(*block) bool) {
	if !room || len(next.Draw) > 0 {
		return
	}
	m := p.mosaic
	for _, i := range m.order {
		b := &m.blocks[i]
		if !b.copied || p.shown[i] == b.version || !holds(b) {
			continue
		}
		r := m.bounds(i)
		if p.shown[i] != 0 && p.shown[i] == b.version-1 {
			r = b.damage
		}
		p.show(i, b.version)
		next.Draw = appendBlock(next.Draw, r)
		p.drew++
		if left--; left == 0 {
			break
		}
	}
	for _, r := range next.Draw {
		p.pack.Add(m.pix, 4*m.width, r)
	}
}

// clear adds to next what the viewer has and is no longer so.
func (p *Patches) clear(next *patch.Patch, whole bool) {
	if p.count == 0 {
		return
	}
	for i := range p.shown {
		if v := p.shown[i]; v != 0 && (!whole || v != p.mosaic.blocks[i].version) {
			p.show(i, 0)
			next.Clear = appendBlock(next.Clear, p.mosaic.bounds(i))
		}
	}
	if p.count == 0 {
		next.Clear = append(next.Clear[:0], image.Rect(0, 0, next.Width, next.Height))
	}
}

// show notes the version of block i that the viewer has.
func (p *Patches) show(i int, version uint32) {
	if p.shown[i] != 0 {
		p.count--
	}
	if version != 0 {
		p.count++
	}
	p.shown[i] = version
}

// appendBlock appends r, or makes the last rectangle wider by it.
func appendBlock(rects []image.Rectangle, r image.Rectangle) []image.Rectangle {
	if n := len(rects); n > 0 {
		if last := &rects[n-1]; last.Max.X == r.Min.X && last.Min.Y == r.Min.Y && last.Max.Y == r.Max.Y {
			last.Max.X = r.Max.X
			return rects
		}
	}
	return append(rects, r)
}
