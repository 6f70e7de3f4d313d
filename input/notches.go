package input

// notch is the unit of [Wheel]: 120 make one notch.
const notch = 120

// Notches saves up what is less than a notch of the wheel, for injectors of
// desktops that know whole ones only. The zero value has saved nothing.
type Notches struct{ x, y int }

// Turn adds e to what was saved and returns the full notches, positive right
// and down, which are saved no longer. A change of direction forgets what the
// other direction saved: else the first turn back would be swallowed.
func (n *Notches) Turn(e Wheel) (x, y int) {
	return notches(&n.x, int(e.DX)), notches(&n.y, int(e.DY))
}

func notches(saved *int, d int) int {
	if d > 0 && *saved < 0 || d < 0 && *saved > 0 {
		*saved = 0
	}
	*saved += d
	whole := *saved / notch
	*saved %= notch
	return whole
}
