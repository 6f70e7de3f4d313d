package x11

import (
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Display is an X display of this machine.
type Display struct {
	// Name is what to put into [capture.Options.Display]: ":0".
	Name string
	// Width and Height are its size in pixels, zero when Err is not nil.
	Width, Height int
	// Err is why it cannot be captured.
	Err error
}

// Displays lists the displays of this machine by number, and asks each for its
// size. It returns none where there are no X servers.
func Displays(ctx context.Context) ([]Display, error) {
	entries, err := os.ReadDir("/tmp/.X11-unix")
	if err != nil {
		if os.IsNotExist(err) {
			return nil, nil
		}
		return nil, err
	}
	var numbers []int
	for _, e := range entries {
		if n, err := strconv.Atoi(strings.TrimPrefix(e.Name(), "X")); err == nil && n >= 0 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	var displays []Display
	for _, n := range numbers {
		displays = append(displays, describe(ctx, ":"+strconv.Itoa(n)))
	}
	return displays, ctx.Err()
}

// describe asks one display for its size.
func describe(ctx context.Context, name string) Display {
	d, err := connect(ctx, name)
	if err != nil {
		return Display{Name: name, Err: err}
	}
	defer d.hangUp()
	defer d.bound(ctx)()
	if err := d.usable(); err != nil {
		return Display{Name: name, Err: err}
	}
	width, height, err := d.size()
	return Display{Name: name, Width: width, Height: height, Err: err}
}
