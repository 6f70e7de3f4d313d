package bench

import (
	"errors"
	"fmt"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// Presser is a person at the viewer's keyboard and mouse.
type Presser struct {
	screen *screen
	key    byte
	closed bool
}

// keysymA is the letter that is pressed: its X keysym.
const keysymA = 'a'

// OpenPresser connects to display and finds the key of a letter.
func OpenPresser(display string) (*Presser, error) {
	s, err := openScreen(display)
	if err != nil {
		return nil, err
	}
	p := &Presser{screen: s}
	if err := p.open(); err != nil {
		s.close()
		return nil, fmt.Errorf("bench: keyboard of %q: %w", display, err)
	}
	return p, nil
}

func (p *Presser) open() error {
	if err := xtest.Init(p.screen.conn); err != nil {
		return err
	}
	setup := xproto.Setup(p.screen.conn)
	count := byte(setup.MaxKeycode - setup.MinKeycode + 1)
	keys, err := xproto.GetKeyboardMapping(p.screen.conn, setup.MinKeycode, count).Reply()
	if err != nil {
		return err
	}
	for i, sym := range keys.Keysyms {
		if sym == keysymA {
			p.key = byte(setup.MinKeycode) + byte(i/int(keys.KeysymsPerKeycode))
			return nil
		}
	}
	return fmt.Errorf("no key for the letter %c", keysymA)
}

// Press presses the key and lets it go.
func (p *Presser) Press() (Press, error) {
	at := Now()
	err := p.fake(xproto.KeyPress, p.key, 0, 0)
	return Press{at}, errors.Join(err, p.fake(xproto.KeyRelease, p.key, 0, 0))
}

// Click moves the pointer to a place and clicks, which gives the page there
// the keyboard.
func (p *Presser) Click(x, y int) error {
	const leftButton = 1
	err := p.fake(xproto.MotionNotify, 0, x, y)
	err = errors.Join(err, p.fake(xproto.ButtonPress, leftButton, 0, 0))
	return errors.Join(err, p.fake(xproto.ButtonRelease, leftButton, 0, 0))
}

func (p *Presser) fake(kind, detail byte, x, y int) error {
	err := xtest.FakeInputChecked(p.screen.conn, kind, detail, xproto.TimeCurrentTime, p.screen.Root,
		int16(x), int16(y), 0).Check()
	if err != nil {
		return fmt.Errorf("bench: fake input: %w", err)
	}
	return nil
}

// Close ends the connection. The second call does nothing.
func (p *Presser) Close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	return p.screen.close()
}
