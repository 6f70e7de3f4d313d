package input

import (
	"encoding/binary"
	"fmt"
	"log/slog"
)

// Key is a key of the keyboard going down or up.
type Key struct {
	// Code is the evdev code of the key's place: 30 is the key that is A on
	// a US keyboard (linux/input-event-codes.h). [KeyCode] knows them by name.
	Code uint16
	// Down is true for a press. Repeats are not sent: the host repeats.
	Down bool
}

// Level is Keyboard.
func (Key) Level() Level { return Keyboard }

// String tells nothing of which key it is: what a person types is secret, and
// a log must not show it by accident.
func (Key) String() string { return "key" }

// LogValue is as discreet as String.
func (Key) LogValue() slog.Value { return slog.StringValue("key") }

func (k Key) appendTo(b []byte) []byte {
	return binary.BigEndian.AppendUint16(append(b, kindKey, flag(k.Down, flagDown)), k.Code)
}

func parseKey(b []byte) (Event, int, error) {
	if len(b) < 3 {
		return nil, 0, errShort
	}
	if b[0]&^flagDown != 0 {
		return nil, 0, fmt.Errorf("key: flags %#x", b[0])
	}
	return Key{Code: binary.BigEndian.Uint16(b[1:]), Down: b[0]&flagDown != 0}, 3, nil
}
