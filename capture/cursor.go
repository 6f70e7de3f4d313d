package capture

import "image"

// Cursor is the state of a desktop's pointer.
type Cursor struct {
	// X and Y are the position of the hot spot in the picture's pixels.
	X, Y int
	// Visible is false while an application hides the pointer, as games do.
	Visible bool
	// Shape is the pointer's picture when it is new, else nil.
	Shape *CursorShape
}

// CursorShape is a pointer's picture. It is never changed once handed out.
type CursorShape struct {
	// Image has premultiplied alpha.
	Image *image.RGBA
	// Hotspot is the pixel of Image that points.
	Hotspot image.Point
}
