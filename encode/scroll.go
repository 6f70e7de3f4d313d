package encode

import (
	"encoding/binary"
	"hash/maphash"

	"github.com/causeway-rtc/causeway/capture"
)

const (
	// Of every stripe of that many pixels of a picture's width a column as wide
	// as a piece is looked at, and each row of it is a piece. For what moves
	// sideways it is the other way round.
	stripe = 128
	piece  = 16
	// probes is for how many pieces the whole column is searched.
	probes = 64
	// mostly is which share of what changed must have moved by the same number
	// of pixels to be a scroll, in hundredths. The rest comes into view.
	mostly = 60
	// sizeable is how much must have changed, in hundredths, for it to be looked
	// for sideways, too.
	sizeable = 10
	// After dull pictures in a row that changed so much and did not scroll, two
	// of nap are looked at.
	dull, nap = 8, 16
)

// Shift is how a picture differs from the one before.
type Shift struct {
	// Changed is how much of it is not as before, and Moved how much of that
	// was there before, so many Rows above or Columns to the left. Both are in
	// hundredths.
	Changed, Moved int
	// Rows is by how many rows something moved down, negative for up, and Columns
	// by how many columns to the right, negative for left. One of them is 0.
	Rows, Columns int
}

// Scrolled is true when most of what changed moved up, down or sideways.
func (s Shift) Scrolled() bool { return (s.Rows != 0 || s.Columns != 0) && s.Moved >= mostly }

// Scroll finds out by how many rows or columns pictures move, one after the
// other, as when a person scrolls. It looks at an eighth of the pixels, at two
// eighths where that moves neither up nor down, and in long motion at few
// pictures, of which the others are taken to be like the last. The zero value
// has seen no picture.
type Scroll struct {
	seed          maphash.Seed
	width, height int
	upright       lines // of rows
	sideways      lines // of columns
	aside         bool  // sideways knows the picture before
	dull          int   // pictures in a row that did not scroll, of which much changed
	last          Shift
}

// See compares f with the frame of the call before. The first picture of a size
// is a change of all of it. In steady state it allocates nothing.
func (s *Scroll) See(f *capture.Frame) Shift {
	first := s.width != f.Width || s.height != f.Height
	if first {
		*s = Scroll{seed: maphash.MakeSeed(), width: f.Width, height: f.Height}
		s.upright.resize(f.Width, f.Height)
		s.sideways.resize(f.Height, f.Width)
	}
	if s.dull >= dull && s.dull%nap > 1 {
		s.dull++
		s.aside = false
		return s.last
	}
	s.upright.turn()
	s.sumRows(f)
	if first {
		return Shift{Changed: 100}
	}
	s.last = s.upright.compare()
	s.last.Rows = s.upright.by
	if s.last.Changed < sizeable || s.last.Scrolled() {
		s.aside, s.dull = false, 0
		return s.last
	}
	s.beside(f)
	return s.last
}

// beside looks for what moved sideways.
func (s *Scroll) beside(f *capture.Frame) {
	s.sideways.turn()
	s.sumColumns(f)
	known := s.aside
	s.aside = true
	s.dull++
	if !known {
		return
	}
	if side := s.sideways.compare(); s.sideways.by != 0 && side.Moved >= mostly {
		side.Changed, side.Columns = s.last.Changed, s.sideways.by
		s.last, s.dull = side, 0
	}
}

// pixel is the size of a pixel in bytes, in the plane of luma.
func pixel(f *capture.Frame) int {
	if f.Format == capture.BGRA || f.Format == capture.RGBA {
		return 4
	}
	return 1
}

// sumRows fills in the hashes of f's rows.
func (s *Scroll) sumRows(f *capture.Frame) {
	size := pixel(f)
	for y := range s.height {
		row := f.Plane[0][y*f.Stride[0]:]
		for b := range s.upright.bands {
			from := b * stripe * size
			s.upright.now[b*s.height+y] = maphash.Bytes(s.seed, row[from:from+min(piece, s.width)*size])
		}
	}
}

// sumColumns fills in the hashes of f's columns, a row at a time.
func (s *Scroll) sumColumns(f *capture.Frame) {
	const odd = 0x9e3779b97f4a7c15 // 2^64 ÷ the golden ratio
	size := pixel(f)
	for b := range s.sideways.bands {
		_, now := s.sideways.band(b)
		clear(now)
		for y := b * stripe; y < b*stripe+min(piece, s.height); y++ {
			row := f.Plane[0][y*f.Stride[0]:][:s.width*size]
			if size == 1 {
				for x, v := range row {
					now[x] = (now[x] ^ uint64(v)) * odd
				}
				continue
			}
			for x := range now {
				now[x] = (now[x] ^ uint64(binary.NativeEndian.Uint32(row[4*x:]))) * odd
			}
		}
	}
}

// lines are the hashes of a picture's pieces, and of those of the picture before:
// so many bands, each of a length of them, which move along it.
type lines struct {
	bands, length int
	before, now   []uint64 // one band after the other
	votes         []int    // for each distance from 1-length on
	by            int      // the distance that was elected
}

func (l *lines) resize(across, along int) {
	l.bands, l.length = max(across/stripe, 1), along
	l.before, l.now = make([]uint64, l.bands*l.length), make([]uint64, l.bands*l.length)
	l.votes = make([]int, 2*l.length-1)
}

// turn makes the picture the one before.
func (l *lines) turn() { l.before, l.now = l.now, l.before }

func (l *lines) band(b int) (before, now []uint64) {
	return l.before[b*l.length:][:l.length], l.now[b*l.length:][:l.length]
}

// elect finds the distance by which most of the probes moved, the smallest of
// several, or zero when none moved.
func (l *lines) elect() {
	clear(l.votes)
	each := max(probes/l.bands, 1)
	for b := range l.bands {
		before, now := l.band(b)
		for i := range each {
			if at, ok := probe(before, now, i*l.length/each, (i+1)*l.length/each); ok {
				l.vote(before, now[at-1], now[at], at)
			}
		}
	}
	most := 0
	l.by = 0
	for i, n := range l.votes {
		by := i - l.length + 1
		if n > most || n == most && max(by, -by) < max(l.by, -l.by) {
			l.by, most = by, n
		}
	}
}

// probe finds a piece of a band that differs from the one ahead of it, of which
// one has changed: plain areas and strokes along the band look alike wherever
// they are.
func probe(before, now []uint64, from, to int) (at int, ok bool) {
	for at := max(from, 1); at < to; at++ {
		if now[at] != now[at-1] && (now[at] != before[at] || now[at-1] != before[at-1]) {
			return at, true
		}
	}
	return 0, false
}

// vote counts one for every distance that a piece, now at that place, may have
// moved together with the one ahead of it.
func (l *lines) vote(before []uint64, ahead, piece uint64, at int) {
	for from := 1; from < len(before); from++ {
		if before[from] == piece && before[from-1] == ahead {
			l.votes[at-from+l.length-1]++
		}
	}
}

// compare says how much changed, and how much of that moved by the distance that
// is elected.
func (l *lines) compare() Shift {
	l.elect()
	changed, moved := 0, 0
	for b := range l.bands {
		before, now := l.band(b)
		for at, n := range now {
			if n == before[at] {
				continue
			}
			changed++
			if from := at - l.by; from >= 0 && from < l.length && before[from] == n {
				moved++
			}
		}
	}
	return Shift{Changed: 100 * changed / len(l.now), Moved: 100 * moved / max(changed, 1)}
}
