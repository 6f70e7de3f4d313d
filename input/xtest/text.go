package xtest

import (
	"errors"
	"fmt"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/input"
)

// typist is what typing text needs to know. It is set up by the first text,
// and again after each change of the keyboard mapping.
type typist struct {
	keys   *keyMap
	group  int
	places map[rune][]place
	spares spares
}

// typing is one text in the making: the state of the modifiers as the server
// has it by now, and what to put back in the end.
type typing struct {
	before   modState
	base     byte
	locked   byte
	released []byte // keys of the viewer that went up for it
	told     bool   // the application knows of the keys lent so far
}

// typeText types the whole text, or fails before it has typed the first
// character that cannot be. The caller holds i.mu.
func (i *injector) typeText(e input.Text) error {
	if err := e.Validate(); err != nil {
		return err
	}
	state, err := i.modState()
	if err != nil {
		return err
	}
	if err := i.learnKeys(int(state.group)); err != nil {
		return err
	}
	t := &typing{before: state, base: state.base, locked: state.locked}
	if state.latched != 0 {
		i.lock(state.latched, state.locked&state.latched)
	}
	defer i.putBack(t)
	for _, r := range e.Text {
		p, err := i.find(t, r)
		if err != nil {
			return err
		}
		if err := i.setMods(t, p); err != nil {
			return err
		}
		i.fake(xproto.KeyPress, p.code, 0, 0)
		i.fake(xproto.KeyRelease, p.code, 0, 0)
	}
	return nil
}

// learnKeys fetches the mapping if it changed, and lists the characters of
// the group.
func (i *injector) learnKeys(group int) error {
	fresh := i.remapped.Swap(false)
	if fresh {
		m, err := i.keyMap()
		if err != nil {
			i.remapped.Store(true)
			return err
		}
		i.text.keys, i.text.spares = m, i.text.spares.update(m)
	}
	if fresh || group != i.text.group {
		i.text.group = group
		i.text.places = i.text.keys.places(group, i.text.spares.has)
	}
	return nil
}

// find is a place to type r: its key, if the viewer does not hold that down,
// or else a key lent to it.
func (i *injector) find(t *typing, r rune) (place, error) {
	for _, p := range i.text.places[r] {
		if !i.down[p.code] {
			return p, nil
		}
	}
	code, err := i.lend(t, keysymOf(r))
	return place{code: code, affect: modLock}, err
}

// lend returns a key that has sym on all levels, and waits for one to have
// rested if it must. It tells the application, once a text for keys that were
// lent before: the focus may have been elsewhere then.
func (i *injector) lend(t *typing, sym uint32) (byte, error) {
	pool := i.text.spares
	n := pool.find(sym)
	if n < 0 {
		if len(pool) == 0 {
			return 0, fmt.Errorf("a character that no key has, and no key to spare: %w", errors.ErrUnsupported)
		}
		n, t.told = 0, false
		if err := i.await(pool[n]); err != nil {
			return 0, err
		}
		i.setKey(pool[n].code, sym)
		pool[n].sym = sym
	}
	if !t.told {
		i.announceKeys()
		t.told = true
	}
	return pool.use(n, time.Now()), nil
}

// await returns when the key has rested.
func (i *injector) await(p spare) error {
	left := rest - time.Since(p.used)
	if left <= 0 {
		return nil
	}
	select {
	case <-time.After(left):
		return nil
	case <-i.gone:
		return i.alive()
	}
}

// setMods brings the modifiers to what p takes.
func (i *injector) setMods(t *typing, p place) error {
	if spoils := t.base & p.affect &^ p.mods &^ modLock; spoils != 0 {
		if err := i.releaseMods(t); err != nil {
			return err
		}
	}
	locked := t.locked&^p.affect | p.mods&^t.base
	if locked != t.locked {
		i.lock(locked^t.locked, locked)
		t.locked = locked
	}
	return nil
}

// releaseMods lets the keys go up that choose levels, until putBack.
func (i *injector) releaseMods(t *typing) error {
	isDown, err := i.isDown()
	if err != nil {
		return err
	}
	for c := range i.text.keys.keys {
		k := &i.text.keys.keys[c]
		if len(k.syms) == 0 || !isDown(byte(c)) {
			continue
		}
		switch k.syms[0] {
		case symShiftL, symShiftR, symLevel3Shift, symLevel5Shift:
			i.fake(xproto.KeyRelease, byte(c), 0, 0)
			t.released = append(t.released, byte(c))
		}
	}
	t.base &^= modLevels
	return nil
}

// putBack restores the modifiers.
func (i *injector) putBack(t *typing) {
	if t.locked != t.before.locked {
		i.lock(t.locked^t.before.locked, t.before.locked)
	}
	for _, code := range t.released {
		i.fake(xproto.KeyPress, code, 0, 0)
	}
}

// clearSpares takes the characters off the keys again.
func (i *injector) clearSpares() {
	for _, p := range i.text.spares {
		if p.sym == 0 {
			continue
		}
		if i.await(p) != nil {
			return
		}
		i.setKey(p.code, 0)
	}
}
