package streams

import "time"

// recent knows when the last frames of some kind came. The zero value has seen
// none.
type recent struct {
	times [manyLarge]time.Duration // a ring
	count int                      // so far
}

func (r *recent) note(t time.Duration) {
	r.times[r.count%len(r.times)] = t
	r.count++
}

// last is when the last one came. It is false before the first.
func (r *recent) last() (time.Duration, bool) {
	if r.count == 0 {
		return 0, false
	}
	return r.times[(r.count-1)%len(r.times)], true
}

// within is how many of the last manyLarge came no longer than some time before
// now.
func (r *recent) within(d, now time.Duration) (n int) {
	for _, t := range r.times[:min(r.count, len(r.times))] {
		if now-t <= d {
			n++
		}
	}
	return n
}
