//go:build cgo && (linux || windows || darwin)

package robotgo

import (
	"errors"
	"fmt"

	"github.com/go-vgo/robotgo"
)

// These are the calls of the library that are made, and all. They are made on
// the injector's thread.

// hurry takes away the pauses that the library makes after each call.
func hurry() {
	robotgo.KeySleep, robotgo.MouseSleep = 0, 0
}

func toggle(name string, down bool) error {
	way := "up"
	if down {
		way = "down"
	}
	if err := robotgo.KeyToggle(name, way); err != nil {
		// Its one error: the platform has no such key.
		return fmt.Errorf("no such key here: %w", errors.ErrUnsupported)
	}
	return nil
}

func click(name string, down bool) error {
	if down {
		return robotgo.MouseDown(name)
	}
	return robotgo.MouseUp(name)
}

func move(x, y int)    { robotgo.Move(x, y) }
func moveBy(x, y int)  { robotgo.MoveRelative(x, y) }
func unicode(u uint32) { robotgo.UnicodeType(u) }

// scroll takes positive for right and down; the library has it the other way.
func scroll(x, y int) { robotgo.Scroll(-x, -y, 0) }
