package xtest

import "github.com/causeway-rtc/causeway/input"

// notch is the unit of the wheel: 120 is one click.
const notch = 120

// The buttons that stand for the wheel.
const (
	wheelUp    = 4
	wheelDown  = 5
	wheelLeft  = 6
	wheelRight = 7
)

// wheel saves up what is less than a notch.
type wheel struct{ x, y int }

// turn returns the buttons to click for e.
func (w *wheel) turn(e input.Wheel) []byte {
	clicks := axis(nil, &w.y, int(e.DY), wheelUp, wheelDown)
	return axis(clicks, &w.x, int(e.DX), wheelLeft, wheelRight)
}

// axis adds d to what was saved and takes the full notches out. A change of
// direction forgets the rest: else the first turn back would be swallowed.
func axis(clicks []byte, saved *int, d int, negative, positive byte) []byte {
	if d > 0 && *saved < 0 || d < 0 && *saved > 0 {
		*saved = 0
	}
	*saved += d
	for ; *saved >= notch; *saved -= notch {
		clicks = append(clicks, positive)
	}
	for ; *saved <= -notch; *saved += notch {
		clicks = append(clicks, negative)
	}
	return clicks
}
