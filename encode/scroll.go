package encode

import (
	"hash/maphash"

	"github.com/causeway-rtc/causeway/capture"
)

const (
	// Of every stripe of that many pixels of a picture's width a column as wide
	// as a piece is looked at, and each row of it is a piece.
	stripe = 128
	piece  = 16
	// probes is for how many pieces the whole column is searched.
	probes = 64
	// mostly is which share of what changed must have moved by the same number
	// of rows to be a scroll, in hundredths. The rest comes into view.
	mostly = 60
)

// Shift is how a picture differs from the one before.
type Shift struct {
	// Changed is how much of it is not as before, and Moved how much of that
	// was there before, so many Rows above. Both are in hundredths.
	Changed, Moved int
	// Rows is by how many rows something moved down, negative for up.
	Rows int
}

// Scrolled is true when most of what changed moved up or down.
func (s Shift) Scrolled() bool { return s.Rows != 0 && s.Moved >= mostly }

// Scroll finds out by how many rows pictures move up or down, one after the
// other, as when a person scrolls. It looks at an eighth of the pixels. The
// zero value has seen no picture.
type Scroll struct {
	seed        maphash.Seed
	width, rows int
	columns     int
	before, now []uint64 // hashes of pieces, one column after the other
	votes       []int    // for each number of rows from 1-rows on
}

// See compares f with the frame of the call before. The first picture of a size
// is a change of all of it. In steady state it allocates nothing.
func (s *Scroll) See(f *capture.Frame) Shift {
	first := s.width != f.Width || s.rows != f.Height
	if first {
		s.resize(f)
	}
	s.before, s.now = s.now, s.before
	s.sum(f)
	if first {
		return Shift{Changed: 100}
	}
	return s.compare(s.elect())
}

func (s *Scroll) resize(f *capture.Frame) {
	s.width, s.rows = f.Width, f.Height
	s.columns = max(s.width/stripe, 1)
	s.before, s.now = make([]uint64, s.columns*s.rows), make([]uint64, s.columns*s.rows)
	s.votes = make([]int, 2*s.rows-1)
	s.seed = maphash.MakeSeed()
}

// sum fills in the hashes of f's pieces.
func (s *Scroll) sum(f *capture.Frame) {
	size := 1 // of a pixel in bytes, in the plane of luma
	if f.Format == capture.BGRA || f.Format == capture.RGBA {
		size = 4
	}
	for y := range s.rows {
		row := f.Plane[0][y*f.Stride[0]:]
		for c := range s.columns {
			from := c * stripe * size
			s.now[c*s.rows+y] = maphash.Bytes(s.seed, row[from:from+min(piece, s.width)*size])
		}
	}
}

// elect returns the number of rows by which most of the probes moved, the
// smallest of several, or zero when none moved.
func (s *Scroll) elect() int {
	clear(s.votes)
	each := max(probes/s.columns, 1)
	for c := range s.columns {
		before, now := s.column(c)
		for i := range each {
			if y, ok := probe(before, now, i*s.rows/each, (i+1)*s.rows/each); ok {
				s.vote(before, now[y-1], now[y], y)
			}
		}
	}
	best, most := 0, 0
	for i, n := range s.votes {
		rows := i - s.rows + 1
		if n > most || n == most && max(rows, -rows) < max(best, -best) {
			best, most = rows, n
		}
	}
	return best
}

func (s *Scroll) column(c int) (before, now []uint64) {
	return s.before[c*s.rows:][:s.rows], s.now[c*s.rows:][:s.rows]
}

// probe finds a row of a column that differs from the one above it, of which one
// has changed: plain areas and upright strokes look alike wherever they are.
func probe(before, now []uint64, from, to int) (y int, ok bool) {
	for y := max(from, 1); y < to; y++ {
		if now[y] != now[y-1] && (now[y] != before[y] || now[y-1] != before[y-1]) {
			return y, true
		}
	}
	return 0, false
}

// vote counts one for every distance that a piece, now in row y, may have moved
// together with the one above it.
func (s *Scroll) vote(before []uint64, above, piece uint64, y int) {
	for from := 1; from < len(before); from++ {
		if before[from] == piece && before[from-1] == above {
			s.votes[y-from+s.rows-1]++
		}
	}
}

// compare says how much changed, and how much of that moved by rows.
func (s *Scroll) compare(rows int) Shift {
	changed, moved := 0, 0
	for c := range s.columns {
		before, now := s.column(c)
		for y, n := range now {
			if n == before[y] {
				continue
			}
			changed++
			if from := y - rows; from >= 0 && from < s.rows && before[from] == n {
				moved++
			}
		}
	}
	return Shift{Changed: 100 * changed / len(s.now), Moved: 100 * moved / max(changed, 1), Rows: rows}
}
