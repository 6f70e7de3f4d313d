package streams

import (
	"bytes"
	"image"
	"slices"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/capture"
)

const (
	// blockSide is the side of a mosaic's blocks, in pixels: a letter changes
	// one or two, and a page is a few hundred.
	blockSide = 64
	// clusterSide is how many blocks make a square that is sent together. What
	// lies near each other is alike, which makes it smaller.
	clusterSide = 4
	// atRest is how long a block stands still until it is copied, and atRestAgain
	// how long one does that has changed more than fewChanges times in a second:
	// it may be of a picture that moves slowly.
	atRest      = 45 * time.Millisecond
	atRestAgain = 250 * time.Millisecond
	fewChanges  = 3
	// So many blocks are copied of a frame at most that shows that others move,
	// not to hold up its encoding.
	copyMost = 32
	// A change of at most quickMost blocks is copied at once: the answer to a key
	// need not wait for rest. A block that changes more than lively times a
	// second moves, which the video is better at.
	quickMost = 24
	lively    = 12
	// Drawn over a video, patches cost the viewer's compositor as much as the
	// video does, for each of its frames. So when frames that change more than an
	// eighth of the picture come often, the video is shown alone: from busyFrames
	// within a second on, until none has come for busyRest.
	busyShare  = 8
	busyFrames = 20
	busyRest   = 150 * time.Millisecond
)

// mosaic keeps an exact copy of what stands still in a picture, block by block,
// for viewers who are sent it as patches.
type mosaic struct {
	mu      sync.Mutex
	viewers []*Patches
	width   int // zero while nobody looks, or of no known picture
	height  int
	columns int
	epoch   int           // of the size
	time    time.Duration // of the last frame
	large   recent        // frames that changed much
	busy    bool          // they come often, and nothing is copied
	blocks  []block       // row by row
	order   []int         // of their indexes, cluster by cluster
	pix     []byte        // BGRA, without padding, right where blocks are copied
}

// block is the state of one.
type block struct {
	version uint32          // counts the changes, from 1
	changed time.Duration   // when it last did
	damage  image.Rectangle // where, or all of it when more than one change was not copied
	copied  bool            // since then
	second  time.Duration   // when the count of changes began
	changes int             // since second
}

// news says what a frame means for viewers who are sent patches.
type news uint8

const (
	beyondPatches news = iota // more changed than patches show at once
	asPatched                 // patches show all that changed
	asBefore                  // nothing changed
)

// see takes note of a frame. moves says that all of the picture does, so that
// nothing is worth a copy.
func (m *mosaic) see(f *capture.Frame, moves bool) news {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.viewers) == 0 || f.Format != capture.BGRA {
		m.forget()
		return beyondPatches
	}
	if f.Width != m.width || f.Height != m.height {
		m.reset(f.Width, f.Height)
	}
	m.time = f.Time
	changed, copied := m.mark(f), 0
	if m.settle(changed); !moves && !m.busy {
		if changed <= quickMost {
			copied = m.copyWhere(f, quickMost, func(b *block) bool { return b.changed == f.Time && b.changes <= lively })
		}
		most := copyMost
		if f.Unchanged() {
			most = len(m.blocks)
		}
		m.copyWhere(f, most, func(b *block) bool { return b.rests(f.Time) })
	}
	for _, v := range m.viewers {
		signal(v.wake)
	}
	switch {
	case changed == 0:
		return asBefore
	case changed == copied:
		return asPatched
	}
	return beyondPatches
}

// settle decides, by how many blocks the last frame changed, whether the video is
// shown alone.
func (m *mosaic) settle(changed int) {
	if changed*busyShare >= len(m.blocks) {
		m.large.note(m.time)
	}
	last, _ := m.large.last()
	was := m.busy
	m.busy = (was || m.large.within(time.Second, m.time) >= busyFrames) && m.time-last < busyRest
	if was || !m.busy {
		return
	}
	for i := range m.blocks {
		if b := &m.blocks[i]; b.copied {
			b.version++
			b.damage, b.copied = m.bounds(i), false
		}
	}
}

// whole is true when all of the picture is copied, or nobody needs it.
func (m *mosaic) whole() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.width == 0 || !slices.ContainsFunc(m.blocks, func(b block) bool { return !b.copied })
}

// rests is true when the block has stood still for long enough.
func (b *block) rests(now time.Duration) bool {
	if b.changes > fewChanges {
		return now-b.changed >= atRestAgain
	}
	return now-b.changed >= atRest
}

// forget is for pictures that are not copied.
func (m *mosaic) forget() {
	if m.width == 0 {
		return
	}
	m.width, m.height, m.blocks, m.order, m.pix = 0, 0, nil, nil, nil
	m.epoch++
	for _, v := range m.viewers {
		signal(v.wake)
	}
}

// reset forgets everything for a picture of another size.
func (m *mosaic) reset(width, height int) {
	m.width, m.height = width, height
	m.epoch++
	m.columns = (width + blockSide - 1) / blockSide
	rows := (height + blockSide - 1) / blockSide
	m.blocks = make([]block, m.columns*rows)
	m.pix = make([]byte, 4*width*height)
	m.order = m.order[:0]
	for top := 0; top < rows; top += clusterSide {
		for left := 0; left < m.columns; left += clusterSide {
			for y := top; y < min(top+clusterSide, rows); y++ {
				for x := left; x < min(left+clusterSide, m.columns); x++ {
					m.order = append(m.order, y*m.columns+x)
				}
			}
		}
	}
	// What changed in a frame before the first counts as a change, too.
	for i := range m.blocks {
		m.blocks[i].version, m.blocks[i].damage = 1, m.bounds(i)
	}
}

// bounds is where block i lies.
func (m *mosaic) bounds(i int) image.Rectangle {
	x, y := i%m.columns*blockSide, i/m.columns*blockSide
	return image.Rect(x, y, min(x+blockSide, m.width), min(y+blockSide, m.height))
}

// mark notes which blocks a frame changes, and returns how many.
func (m *mosaic) mark(f *capture.Frame) (changed int) {
	damage := f.Damage
	if damage == nil {
		damage = []image.Rectangle{image.Rect(0, 0, f.Width, f.Height)}
	}
	for _, d := range damage {
		d = d.Intersect(image.Rect(0, 0, f.Width, f.Height))
		if d.Empty() {
			continue
		}
		for y := d.Min.Y / blockSide; y <= (d.Max.Y-1)/blockSide; y++ {
			for x := d.Min.X / blockSide; x <= (d.Max.X-1)/blockSide; x++ {
				if m.change(f, y*m.columns+x, d) {
					changed++
				}
			}
		}
	}
	return changed
}

// change notes what a frame changes of block i, and reports whether it is the
// first change by that frame.
func (m *mosaic) change(f *capture.Frame, i int, d image.Rectangle) bool {
	b := &m.blocks[i]
	d = d.Intersect(m.bounds(i))
	if b.changed == f.Time {
		b.damage = b.damage.Union(d)
		return false
	}
	if b.copied && m.same(f, d) {
		return false
	}
	if f.Time-b.second > time.Second {
		b.second, b.changes = f.Time, 0
	}
	if !b.copied {
		d = m.bounds(i)
	}
	b.changes++
	b.version++
	b.changed, b.damage, b.copied = f.Time, d, false
	return true
}

// same is true when a frame has, in a rectangle, what was copied: some programs
// draw again what was there.
func (m *mosaic) same(f *capture.Frame, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		was, is := m.rows(f, y, r)
		if !bytes.Equal(was, is) {
			return false
		}
	}
	return true
}

// rows is row y of r as it was copied, and as it is in a frame.
func (m *mosaic) rows(f *capture.Frame, y int, r image.Rectangle) (was, is []byte) {
	n := 4 * r.Dx()
	return m.pix[4*(y*m.width+r.Min.X):][:n], f.Plane[0][y*f.Stride[0]+4*r.Min.X:][:n]
}

// copyWhere copies at most so many blocks of which holds is true, and returns how
// many. It copies their damage alone: a frame can be newer elsewhere than its
// damage says, which the next one says then.
func (m *mosaic) copyWhere(f *capture.Frame, most int, holds func(*block) bool) (copied int) {
	for i := range m.blocks {
		b := &m.blocks[i]
		if b.copied || !holds(b) {
			continue
		}
		if copied == most {
			break
		}
		for y := b.damage.Min.Y; y < b.damage.Max.Y; y++ {
			was, is := m.rows(f, y, b.damage)
			copy(was, is)
		}
		b.copied = true
		copied++
	}
	return copied
}
