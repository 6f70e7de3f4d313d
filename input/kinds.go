package input

// The kind byte that begins each event and message (PROTOCOL.md).
const (
	kindKey     = 0x01
	kindText    = 0x02
	kindButton  = 0x03
	kindWheel   = 0x04
	kindRelease = 0x05
	kindMove    = 0x10
	kindMotion  = 0x11

	kindCursorShape    = 0x20
	kindCursorPosition = 0x21
)

// parser reads the event at the start of b, which begins behind its kind
// byte, and says how many bytes it took. b may hold more events; the event
// keeps nothing of it.
type parser func(b []byte) (Event, int, error)

// kinds is what a viewer may send. It never changes.
var kinds = [256]parser{
	kindKey:     parseKey,
	kindText:    parseText,
	kindButton:  parseButton,
	kindWheel:   parseWheel,
	kindRelease: parseRelease,
	kindMove:    parseMove,
	kindMotion:  parseMotion,
}
