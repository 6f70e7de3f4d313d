//go:build cgo

package robotgo

const (
	wheelTurnsSideways = true
	// The library scrolls by pixels here; these are some three lines.
	notchUnits = 40
)

// canType is false of emoji: macOS takes a surrogate for a character.
func canType(r rune) bool { return r <= 0xffff }

func utf16Of(r rune) []uint16 { return []uint16{uint16(r)} }
