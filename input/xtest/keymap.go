package xtest

import (
	"errors"
	"math/bits"
	"slices"
)

// The bits of the modifiers.
const (
	modShift   = 1 << 0
	modLock    = 1 << 1
	modControl = 1 << 2
	modAlt     = 1 << 3 // Mod1
	modLevel5  = 1 << 5 // Mod3
	modSuper   = 1 << 6 // Mod4
	modLevel3  = 1 << 7 // Mod5

	// modLevels choose among the characters of a key.
	modLevels = modShift | modLevel3 | modLevel5
	// modShortcuts make another thing of a key than its character.
	modShortcuts = modControl | modAlt | modSuper
)

// keyMap is the server's keyboard mapping: what is on which key, and which
// modifiers bring it out.
type keyMap struct {
	types []keyType
	keys  [256]keySyms
}

// keyType says how modifiers choose a level.
type keyType struct {
	mask   byte // the modifiers that count
	levels []levelMods
}

// levelMods is one line of a type: exactly these modifiers, of those that
// count, choose the level.
type levelMods struct{ mods, level byte }

// keySyms is what is on a key: width levels for each group.
type keySyms struct {
	types [4]byte // by group
	info  byte    // the number of groups, and what to do beyond them
	width int
	syms  []uint32
}

// place is where a character is: a key, the modifiers that bring it out, and
// all the modifiers that would change it if they were on.
type place struct{ code, mods, affect byte }

var errKeyMap = errors.New("keyboard mapping cut short")

// parseKeyMap reads the reply to GetMap with types and symbols.
func parseKeyMap(r []byte) (*keyMap, error) {
	if len(r) < 40 {
		return nil, errKeyMap
	}
	m := &keyMap{types: make([]keyType, r[15])}
	firstKey, nKeys := int(r[17]), int(r[20])
	in := reader{b: r[40:]}
	for n := range m.types {
		head := in.take(8)
		entries, preserve := int(head[5]), head[6] != 0
		t := keyType{mask: head[0]}
		for range entries {
			e := in.take(8)
			if e[0] != 0 {
				t.levels = append(t.levels, levelMods{mods: e[1], level: e[2]})
			}
		}
		if preserve {
			in.take(4 * entries)
		}
		m.types[n] = t
	}
	for n := range nKeys {
		head := in.take(8)
		k := keySyms{types: [4]byte(head[:4]), info: head[4], width: int(head[5])}
		for range order.Uint16(head[6:]) {
			k.syms = append(k.syms, order.Uint32(in.take(4)))
		}
		m.keys[byte(firstKey+n)] = k
	}
	if in.short {
		return nil, errKeyMap
	}
	return m, nil
}

// group is the group of k that counts when the keyboard is in group g; false
// if the key is empty.
func (k *keySyms) group(g int) (int, bool) {
	n := int(k.info & 0x0f)
	switch {
	case n == 0:
		return 0, false
	case g < n:
		return g, true
	case k.info&0xc0 == 0x40: // clamp
		return n - 1, true
	case k.info&0xc0 == 0x80: // redirect
		if to := int(k.info >> 4 & 3); to < n {
			return to, true
		}
		return 0, true
	default: // wrap
		return g % n, true
	}
}

// places lists where each character is when the keyboard is in group g, the
// place that takes the fewest modifiers first. It passes over the keys that skip names.
func (m *keyMap) places(g int, skip func(code byte) bool) map[rune][]place {
	found := map[rune][]place{}
	for c := range m.keys {
		code, k := byte(c), &m.keys[c]
		group, ok := k.group(g)
		if !ok || skip(code) || int(k.types[group]) >= len(m.types) {
			continue
		}
		t := &m.types[k.types[group]]
		for level := range k.width {
			at := group*k.width + level
			if at >= len(k.syms) {
				break
			}
			r := runeOf(k.syms[at])
			mods, ok := t.modsFor(byte(level))
			if r < 0 || !ok {
				continue
			}
			affect := (t.mask | modLevels | modLock) &^ modShortcuts
			found[r] = append(found[r], place{code: code, mods: mods, affect: affect})
		}
	}
	for _, list := range found {
		slices.SortStableFunc(list, func(a, b place) int {
			return bits.OnesCount8(a.mods) - bits.OnesCount8(b.mods)
		})
	}
	return found
}

// modsFor are modifiers that choose the level, if those that may be switched
// for the purpose can.
func (t *keyType) modsFor(level byte) (byte, bool) {
	none := byte(0) // the level without modifiers
	for _, l := range t.levels {
		if l.mods == 0 {
			none = l.level
		}
	}
	if level == none {
		return 0, true
	}
	for _, l := range t.levels {
		if l.level == level && l.mods&^modLevels == 0 {
			return l.mods, true
		}
	}
	return 0, false
}

// empty reports whether nothing is on k, or what an injector that had no time
// to clean up left there: one and the same strange character on all levels.
func (k *keySyms) empty() bool {
	same := true
	for _, s := range k.syms {
		if s != 0 && s != k.syms[0] {
			same = false
		}
	}
	return len(k.syms) == 0 || same && (k.syms[0] == 0 || len(k.syms) > 1 && runeOf(k.syms[0]) > 0x7f)
}

// reader takes from the front of b, and gives zeros once b is short.
type reader struct {
	b     []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if len(r.b) < n {
		r.short = true
		return make([]byte, n)
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}
