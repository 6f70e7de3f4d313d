//go:build !cgo || !(linux || windows || darwin)

package robotgo

import (
	"errors"
	"fmt"
)

// The library is C below, so without cgo there is nothing to open, and what
// cannot be opened is never asked for the rest.

const (
	wheelTurnsSideways = false
	notchUnits         = 1
)

func probeDisplay(string) error {
	return fmt.Errorf("needs cgo and Linux, Windows or macOS, which this program was built without: %w", errors.ErrUnsupported)
}

func openDisplay(name string) error   { return probeDisplay(name) }
func closeDisplay()                   {}
func displayLost() bool               { return false }
func screenSize() (w, h int, _ error) { return 0, 0, errors.ErrUnsupported }
func keyIsAt(uint32, uint16) bool     { return false }
func canType(rune) bool               { return false }
func typeRune(rune) error             { return errors.ErrUnsupported }
func toggle(string, bool) error       { return errors.ErrUnsupported }
func click(string, bool) error        { return errors.ErrUnsupported }
func move(int, int)                   {}
func moveBy(int, int)                 {}
func scroll(int, int)                 {}
