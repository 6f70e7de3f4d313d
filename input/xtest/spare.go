package xtest

import (
	"slices"
	"time"
)

// rest is how long a key that was lent keeps its character after it was last
// typed, for applications that look it up late: on a busy host a tenth of a
// second was measured to be too short.
const rest = 300 * time.Millisecond

// spare is a key that is on no keyboard, and the keysym it was lent to.
type spare struct {
	code byte
	sym  uint32 // 0 if none
	used time.Time
}

// spares is the pool of unused keys, the one used longest ago first.
type spares []spare

// update makes the pool that of a new mapping. What the server no longer has
// on a key, somebody else took off.
func (s spares) update(m *keyMap) spares {
	var pool spares
	for c := range m.keys {
		k := &m.keys[c]
		if c < evdevToX || !k.empty() && !s.lent(byte(c)) {
			continue
		}
		p := spare{code: byte(c)}
		for _, old := range s {
			if old.code == p.code && len(k.syms) > 0 && k.syms[0] == old.sym {
				p = old
			}
		}
		if p.sym == 0 && !k.empty() {
			continue
		}
		pool = append(pool, p)
	}
	slices.SortStableFunc(pool, func(a, b spare) int { return a.used.Compare(b.used) })
	return pool
}

func (s spares) lent(code byte) bool {
	return slices.ContainsFunc(s, func(p spare) bool { return p.code == code && p.sym != 0 })
}

// has reports whether code is in the pool.
func (s spares) has(code byte) bool {
	return slices.ContainsFunc(s, func(p spare) bool { return p.code == code })
}

// find is the index of the key that is lent to sym, or -1.
func (s spares) find(sym uint32) int {
	return slices.IndexFunc(s, func(p spare) bool { return p.sym == sym })
}

// use notes that the key at index n is typed now, and returns its keycode.
func (s spares) use(n int, now time.Time) byte {
	p := s[n]
	p.used = now
	copy(s[n:], s[n+1:])
	s[len(s)-1] = p
	return p.code
}
