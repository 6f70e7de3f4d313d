package bench

import (
	"bytes"
	"errors"
	"fmt"
)

// View looks at a desktop on a display, beside the [Probe] that looks at one
// row of it.
type View struct {
	screen        *screen
	width, height int
	closed        bool
}

// OpenView connects to display, on which a desktop of this size is at the top
// left.
func OpenView(display string, width, height int) (*View, error) {
	s, err := openScreen(display)
	if err != nil {
		return nil, err
	}
	v := &View{screen: s, width: width, height: height}
	if err := s.share(width * height * 4); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return v, nil
}

// Look returns what the display shows. The pixels are valid until the next
// call.
func (v *View) Look() (Picture, error) {
	if err := v.screen.grab(0, 0, v.width, v.height); err != nil {
		return Picture{}, fmt.Errorf("bench: look at a display: %w", err)
	}
	return Picture{v.screen.memory, v.width, v.height}, nil
}

// Clone is p with pixels of its own.
func (p Picture) Clone() Picture {
	p.Pix = bytes.Clone(p.Pix)
	return p
}

// Code is the number that p carries at the place x, y; NoCode when none.
func (p Picture) Code(x, y int) Code {
	at := ((y+BarcodeHeight/2)*p.Width + x) * 4
	return ReadBarcode(p.Pix[at : at+BarcodeWidth*4])
}

// Close ends the connection. The second call does nothing.
func (v *View) Close() error {
	if v.closed {
		return nil
	}
	v.closed = true
	return v.screen.close()
}
