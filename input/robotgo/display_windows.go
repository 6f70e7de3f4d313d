//go:build cgo

package robotgo

import "unicode/utf16"

const (
	// The library turns the wheel up and down for sideways.
	wheelTurnsSideways = false
	notchUnits         = 1
)

// canType is true of all: Windows puts surrogates together.
func canType(rune) bool { return true }

func utf16Of(r rune) []uint16 { return utf16.AppendRune(nil, r) }
