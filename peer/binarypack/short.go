package binarypack

import (
	"unicode/utf16"
	"unicode/utf8"
)

// shortUnits is how many UTF-16 units a string has at most whose length old
// versions get wrong.
const shortUnits = 600

// shortened is how many of b's first bytes an old version means by a string's
// length of n. When there are two ways to read it, the longer string is meant:
// what follows a string is rarely text.
func shortened(b []byte, n uint64) uint64 {
	if n > 3*shortUnits { // no unit counts more than three
		return n
	}
	if n <= uint64(len(b)) && utf8.Valid(b[:n]) && len(utf16.Encode([]rune(string(b[:n])))) > shortUnits {
		return n
	}
	bytes, counted := 0, uint64(0)
	for counted < n && bytes < len(b) {
		_, size := utf8.DecodeRune(b[bytes:])
		bytes += size
		if size == 4 {
			size = 6
		}
		counted += uint64(size)
	}
	if counted > n {
		return n
	}
	return uint64(bytes)
}

// fromHalves reads UTF-8 in which characters beyond the BMP may be two halves
// of three bytes. What is neither becomes U+FFFD.
func fromHalves(b []byte) string {
	text := make([]byte, 0, len(b))
	for len(b) > 0 {
		if high, ok := half(b); ok {
			if low, ok := half(b[3:]); ok {
				if r := utf16.DecodeRune(high, low); r != utf8.RuneError {
					text, b = utf8.AppendRune(text, r), b[6:]
					continue
				}
			}
			text, b = utf8.AppendRune(text, utf8.RuneError), b[3:]
			continue
		}
		r, size := utf8.DecodeRune(b)
		text, b = utf8.AppendRune(text, r), b[size:]
	}
	return string(text)
}

// half is the half of a character at the beginning of b.
func half(b []byte) (rune, bool) {
	if len(b) < 3 || b[0] != 0xed || b[1] < 0xa0 || b[1] > 0xbf || b[2] < 0x80 || b[2] > 0xbf {
		return 0, false
	}
	return 0xd000 | rune(b[1]&0x3f)<<6 | rune(b[2]&0x3f), true
}
