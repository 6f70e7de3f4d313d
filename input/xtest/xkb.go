package xtest

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jezek/xgb/xproto"
)

// The XKB requests that xgb lacks (The X Keyboard Extension: Protocol
// Specification, appendix E).
const (
	xkbUseExtension   = 0
	xkbGetState       = 4
	xkbLatchLockState = 5
	xkbGetMap         = 8

	xkbCoreKeyboard = 0x100
	xkbMapTypes     = 1 << 0
	xkbMapSyms      = 1 << 1
)

// order is the byte order that xgb asks the server for. It never changes.
var order = binary.LittleEndian

// useXKB finds the extension and says hello, which it requires.
func (i *injector) useXKB() error {
	const name = "XKEYBOARD"
	ext, err := xproto.QueryExtension(i.x, uint16(len(name)), name).Reply()
	if err != nil {
		return fmt.Errorf("look for XKEYBOARD: %w", err)
	}
	if !ext.Present {
		return fmt.Errorf("no XKEYBOARD: choose another injector, or start the server with the extension: %w", errors.ErrUnsupported)
	}
	i.xkb = ext.MajorOpcode
	reply, err := i.ask(xkbUseExtension, []byte{1, 0, 0, 0}) // version 1.0
	if err != nil {
		return err
	}
	if reply[1] == 0 {
		return fmt.Errorf("the server speaks another version of XKEYBOARD: %w", errors.ErrUnsupported)
	}
	return nil
}

// tell sends an XKB request that has no reply. len(body) is a multiple of 4.
func (i *injector) tell(minor byte, body []byte) {
	i.x.NewRequest(i.request(minor, body), i.x.NewCookie(false, false))
}

// ask sends an XKB request and waits for its reply, of at least 32 bytes.
func (i *injector) ask(minor byte, body []byte) ([]byte, error) {
	cookie := i.x.NewCookie(true, true)
	i.x.NewRequest(i.request(minor, body), cookie)
	reply, err := cookie.Reply()
	if err != nil {
		return nil, fmt.Errorf("XKB request %d: %w", minor, err)
	}
	return reply, nil
}

func (i *injector) request(minor byte, body []byte) []byte {
	b := order.AppendUint16([]byte{i.xkb, minor}, uint16(1+len(body)/4))
	return append(b, body...)
}

// modState is the state of the modifiers, a bit each, and the layout's group.
type modState struct {
	base    byte // by keys that are down
	latched byte // until the next key
	locked  byte
	group   byte
}

func (i *injector) modState() (modState, error) {
	r, err := i.ask(xkbGetState, deviceSpec(2))
	if err != nil {
		return modState{}, err
	}
	return modState{base: r[9], latched: r[10], locked: r[11], group: r[12]}, nil
}

// lock makes the modifiers of affect be locked or not as in locked, and none
// of them latched.
func (i *injector) lock(affect, locked byte) {
	i.tell(xkbLatchLockState, append(deviceSpec(0), affect, locked, 0, 0, affect, 0, 0, 0, 0, 0))
}

// keyMap fetches the keyboard mapping.
func (i *injector) keyMap() (*keyMap, error) {
	body := make([]byte, 24)
	order.PutUint16(body, xkbCoreKeyboard)
	order.PutUint16(body[2:], xkbMapTypes|xkbMapSyms)
	r, err := i.ask(xkbGetMap, body)
	if err != nil {
		return nil, err
	}
	return parseKeyMap(r)
}

// setKey puts sym on every level of a key. Two levels and two groups, so that
// the server does not take a letter for one that has a capital.
func (i *injector) setKey(code byte, sym uint32) {
	s := xproto.Keysym(sym)
	xproto.ChangeKeyboardMapping(i.x, 1, xproto.Keycode(code), 4, []xproto.Keysym{s, s, s, s})
}

// announceKeys makes the application that has the focus look at the mapping
// again before it takes the next key. The server's own news do not reach all:
// Chromium asks for those of a new keyboard alone, and as a client of XKB gets
// none in the core protocol. It must name all keys, since Chromium takes what
// it names for all that there are. A client that had the news reads the
// mapping twice, no more.
func (i *injector) announceKeys() {
	const keyboard, inputFocus = 1, 1 // X11 protocol, MappingNotify and SendEvent
	e := xproto.MappingNotifyEvent{Request: keyboard, FirstKeycode: i.min, Count: byte(i.max - i.min + 1)}
	// Without a mask it goes to the client whose window it is.
	xproto.SendEvent(i.x, false, inputFocus, xproto.EventMaskNoEvent, string(e.Bytes()))
}

// isDown reports which keycodes the server holds for down.
func (i *injector) isDown() (func(code byte) bool, error) {
	r, err := xproto.QueryKeymap(i.x).Reply()
	if err != nil {
		return nil, fmt.Errorf("keys that are down: %w", err)
	}
	return func(code byte) bool { return r.Keys[code/8]&(1<<(code%8)) != 0 }, nil
}

// deviceSpec begins a request for the core keyboard, and leaves room for pad
// bytes more.
func deviceSpec(pad int) []byte {
	return append(order.AppendUint16(nil, xkbCoreKeyboard), make([]byte, pad)...)
}
