//go:build cgo && (windows || darwin)

package robotgo

import (
	"errors"

	"github.com/go-vgo/robotgo"
)

// Here there is one desktop, no connection to it that could be lost, and no
// way to ask what a key would do.

func probeDisplay(name string) error {
	if name != "" {
		return errors.New("there are no displays to choose from here: leave the display empty")
	}
	return nil
}

func openDisplay(string) error {
	hurry()
	return nil
}

func closeDisplay()               {}
func displayLost() bool           { return false }
func keyIsAt(uint32, uint16) bool { return true }

func screenSize() (w, h int, err error) {
	if w, h = robotgo.GetScreenSize(); w <= 0 || h <= 0 {
		return 0, 0, errors.New("the desktop has no size")
	}
	return w, h, nil
}

// typeRune types r as the UTF-16 that both systems take.
func typeRune(r rune) error {
	switch r {
	case '\n':
		return errors.Join(toggle("enter", true), toggle("enter", false))
	case '\t':
		return errors.Join(toggle("tab", true), toggle("tab", false))
	}
	for _, u := range utf16Of(r) {
		unicode(uint32(u))
	}
	return nil
}
