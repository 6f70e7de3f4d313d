package xtest

import "unicode/utf8"

// The keysyms that have no character but matter here.
const (
	symTab         = 0xff09
	symReturn      = 0xff0d
	symShiftL      = 0xffe1
	symShiftR      = 0xffe2
	symLevel3Shift = 0xfe03
	symLevel5Shift = 0xfe11

	// symUnicode plus a character is that character's keysym.
	symUnicode = 0x01000000
)

// keysymOf is a keysym that makes the character r.
func keysymOf(r rune) uint32 {
	switch {
	case r == '\n':
		return symReturn
	case r == '\t':
		return symTab
	case r >= 0x20 && r <= 0x7e, r >= 0xa0 && r <= 0xff:
		return uint32(r)
	default:
		return symUnicode + uint32(r)
	}
}

// runeOf is the character that sym makes, or -1. The keys of the keypad make
// none here: what they make depends on NumLock.
func runeOf(sym uint32) rune {
	switch {
	case sym == symReturn:
		return '\n'
	case sym == symTab:
		return '\t'
	case sym >= 0x20 && sym <= 0x7e, sym >= 0xa0 && sym <= 0xff:
		return rune(sym)
	case sym >= symUnicode+0x100 && sym <= symUnicode+utf8.MaxRune:
		return rune(sym - symUnicode)
	}
	for _, run := range legacyKeysyms {
		if sym < run.first {
			break
		}
		if n := int(sym - run.first); n < utf8.RuneCountInString(run.runes) {
			return []rune(run.runes)[n]
		}
	}
	return -1
}
