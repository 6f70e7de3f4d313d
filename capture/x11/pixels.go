package x11

import (
	"fmt"
	"image"
	"io"
	"sync/atomic"

	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"
)

// pixels is room for one picture, of the root window, of a part of it, or of a
// window's pixmap.
type pixels struct {
	width, height int
	mem           []byte
	// seg is the server's name for mem, when the server shares it.
	seg shm.Seg
	// users are the source and the frame it has handed out. The last to leave
	// unmaps the memory: a consumer may still be reading when the source is
	// closed.
	users atomic.Int32
}

// newPixels makes room for a picture of d, shared with the server if possible.
// The error says why it could not be shared; the room is good all the same.
func newPixels(d *display, width, height int) (*pixels, error) {
	p := &pixels{width: width, height: height}
	p.users.Store(1)
	err := p.share(d)
	if err != nil {
		p.mem = make([]byte, p.stride()*height)
	}
	return p, err
}

// share maps memory and makes the server map it too.
func (p *pixels) share(d *display) error {
	if err := register(d.x, "MIT-SHM"); err != nil {
		return err
	}
	id, mem, err := mapShared(p.stride() * p.height)
	if err != nil {
		return err
	}
	seg, err := shm.NewSegId(d.x)
	if err == nil {
		err = shm.AttachChecked(d.x, seg, uint32(id), false).Check()
	}
	if err != nil {
		unmapShared(mem)
		return fmt.Errorf("share memory with the server: %w", err)
	}
	p.mem, p.seg = mem, seg
	return nil
}

func (p *pixels) stride() int { return 4 * p.width }

// read copies the rows from top to before bottom of the picture that begins at
// a point of a drawable.
func (p *pixels) read(d *display, from xproto.Drawable, at image.Point, top, bottom int) error {
	if top == bottom {
		return nil
	}
	begin, rows := top*p.stride(), uint16(bottom-top)
	x, y := int16(at.X), int16(at.Y+top)
	if p.seg != 0 {
		_, err := shm.GetImage(d.x, from, x, y, uint16(p.width), rows,
			allPlanes, xproto.ImageFormatZPixmap, p.seg, uint32(begin)).Reply()
		return err
	}
	image, err := xproto.GetImage(d.x, xproto.ImageFormatZPixmap, from, x, y,
		uint16(p.width), rows, allPlanes).Reply()
	if err != nil {
		return err
	}
	if want := bottom*p.stride() - begin; len(image.Data) < want {
		return fmt.Errorf("the server sent %d of %d bytes: %w", len(image.Data), want, io.ErrUnexpectedEOF)
	}
	copy(p.mem[begin:bottom*p.stride()], image.Data)
	return nil
}

// copyFrom copies a part of another picture to a point of this one. Of both,
// what lies outside is left out.
func (p *pixels) copyFrom(from *pixels, to image.Point, part image.Rectangle) {
	shift := to.Sub(part.Min)
	part = part.Intersect(image.Rect(0, 0, from.width, from.height))
	part = part.Intersect(image.Rect(0, 0, p.width, p.height).Sub(shift))
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := from.mem[y*from.stride()+4*part.Min.X : y*from.stride()+4*part.Max.X]
		copy(p.mem[(y+shift.Y)*p.stride()+4*(part.Min.X+shift.X):], row)
	}
}

// blacken makes a part black.
func (p *pixels) blacken(part image.Rectangle) {
	part = part.Intersect(image.Rect(0, 0, p.width, p.height))
	for y := part.Min.Y; y < part.Max.Y; y++ {
		clear(p.mem[y*p.stride()+4*part.Min.X : y*p.stride()+4*part.Max.X])
	}
}

// leave ends one use.
func (p *pixels) leave() {
	if p.users.Add(-1) == 0 && p.seg != 0 {
		unmapShared(p.mem)
	}
}

const allPlanes = 0xffffffff
