package x11

import (
	"errors"
	"image"
	"slices"
	"time"

	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture"
)

// renewal is how long a program has to draw its window anew after the server
// gave the window another pixmap.
const renewal = 40 * time.Millisecond

// useComposite readies the extension that keeps what is hidden.
func (d *display) useComposite() error {
	if d.hasComposite {
		return nil
	}
	if _, err := enable(d.x, "Composite"); err != nil {
		return err
	}
	if _, err := composite.QueryVersion(d.x, 0, 4).Reply(); err != nil {
		return err
	}
	d.hasComposite = true
	return nil
}

// layer is one shown window. The server is made to draw the window into a
// pixmap of its own, so that what is read is the window's and nobody else's,
// whatever lies over it.
//
// A new pixmap begins with what the screen has in that place, which may be
// another window's (a copy of the parent's contents, for windows without a
// background). So it is blackened before anything is read, and the program is
// told to draw; meanwhile the layer has what it had before.
type layer struct {
	window xproto.Window
	frame  xproto.Window   // the child of the root that it is, or is in
	bounds image.Rectangle // on the display, without the border
	border int
	pixmap xproto.Pixmap
	damage damage.Damage
	pix    *pixels
	due    time.Time // when the program will have drawn
}

// layers are the shown windows of a masked picture, the lowest first.
type layers struct {
	d     *display
	all   []*layer
	awake func() // there is something to read
	stop  []func() bool
}

// leave gives up the memory of all layers. The server gives up the rest with
// the connection.
func (l *layers) leave() {
	for _, e := range l.all {
		e.pix.leave()
	}
	for _, stop := range l.stop {
		stop()
	}
}

// arrange makes the layers those of windows, the topmost first. Those that
// were mapped have another pixmap.
func (l *layers) arrange(windows []capture.Window, mapped map[xproto.Window]bool) {
	var kept []*layer
	for _, w := range slices.Backward(windows) {
		if e := l.layer(w, mapped); e != nil {
			kept = append(kept, e)
		}
	}
	for _, e := range l.all {
		if !slices.Contains(kept, e) {
			l.drop(e)
		}
	}
	l.all = kept
}

// layer is that of w as it is now, or nil when it is gone.
func (l *layers) layer(w capture.Window, mapped map[xproto.Window]bool) *layer {
	i := slices.IndexFunc(l.all, func(e *layer) bool { return uint32(e.window) == w.ID })
	if i >= 0 {
		e := l.all[i]
		same := e.bounds.Size() == w.Bounds.Size() && !mapped[e.window] && !mapped[e.frame]
		e.bounds = w.Bounds
		if same || l.renew(e) == nil {
			return e
		}
		return nil
	}
	e := &layer{window: xproto.Window(w.ID), bounds: w.Bounds}
	if err := l.watch(e); err != nil {
		return nil
	}
	if err := l.renew(e); err != nil {
		l.drop(e)
		return nil
	}
	return e
}

// watch has the server keep the window apart, and tell of its changes.
func (l *layers) watch(e *layer) error {
	var err error
	x := l.d.x
	if e.damage, err = damage.NewDamageId(x); err != nil {
		return err
	}
	return errors.Join(
		xproto.ChangeWindowAttributesChecked(x, e.window, xproto.CwEventMask, []uint32{xproto.EventMaskStructureNotify}).Check(),
		composite.RedirectWindowChecked(x, e.window, composite.RedirectAutomatic).Check(),
		damage.CreateChecked(x, e.damage, xproto.Drawable(e.window), damage.ReportLevelNonEmpty).Check(),
	)
}

// renew takes the pixmap that the window has now.
func (l *layers) renew(e *layer) error {
	x := l.d.x
	w, err := xproto.GetGeometry(x, xproto.Drawable(e.window)).Reply()
	if err != nil {
		return err
	}
	pixmap, err := xproto.NewPixmapId(x)
	if err != nil {
		return err
	}
	if err := composite.NameWindowPixmapChecked(x, e.window, pixmap).Check(); err != nil {
		return err
	}
	p, err := xproto.GetGeometry(x, xproto.Drawable(pixmap)).Reply()
	if err != nil {
		return err
	}
	if p.Depth != 24 && p.Depth != 32 {
		xproto.FreePixmap(x, pixmap)
		return errors.New("x11: the window's pixels are of another kind than the screen's")
	}
	if e.pixmap != 0 {
		xproto.FreePixmap(x, e.pixmap)
	}
	e.pixmap, e.border, e.frame = pixmap, int(w.BorderWidth), l.d.frame(e.window)
	l.blacken(pixmap, p.Width, p.Height)
	l.d.expose(e.window, 8)
	before := e.pix
	e.pix, _ = newPixels(l.d, int(p.Width), int(p.Height))
	clear(e.pix.mem)
	if before != nil {
		e.pix.copyFrom(before, image.Point{}, image.Rect(0, 0, before.width, before.height))
		before.release(l.d)
	}
	e.due = time.Now().Add(renewal)
	l.stop = append(l.stop[max(0, len(l.stop)-8):], time.AfterFunc(renewal, l.awake).Stop)
	return nil
}

// blacken removes what the server has put into a new pixmap.
func (l *layers) blacken(pixmap xproto.Pixmap, width, height uint16) {
	gc, err := xproto.NewGcontextId(l.d.x)
	if err != nil {
		return
	}
	xproto.CreateGC(l.d.x, gc, xproto.Drawable(pixmap), xproto.GcForeground, []uint32{0})
	xproto.PolyFillRectangle(l.d.x, xproto.Drawable(pixmap), gc, []xproto.Rectangle{{Width: width, Height: height}})
	xproto.FreeGC(l.d.x, gc)
}

// expose has a program draw a window and all that is in it.
func (d *display) expose(w xproto.Window, depth int) {
	xproto.ClearArea(d.x, true, w, 0, 0, 0, 0)
	if depth == 0 {
		return
	}
	tree, err := xproto.QueryTree(d.x, w).Reply()
	if err != nil {
		return
	}
	for _, child := range tree.Children {
		d.expose(child, depth-1)
	}
}

// drop gives up one layer. What concerns a window that is gone fails, to no
// harm.
func (l *layers) drop(e *layer) {
	if e.damage != 0 {
		damage.Destroy(l.d.x, e.damage)
	}
	composite.UnredirectWindow(l.d.x, e.window, composite.RedirectAutomatic)
	xproto.ChangeWindowAttributes(l.d.x, e.window, xproto.CwEventMask, []uint32{0})
	if e.pixmap != 0 {
		xproto.FreePixmap(l.d.x, e.pixmap)
	}
	if e.pix != nil {
		e.pix.release(l.d)
	}
}

// read brings the layers up to date, and returns where the display changed.
func (l *layers) read(region xfixes.Region) ([]image.Rectangle, error) {
	var changed []image.Rectangle
	now := time.Now()
	for _, e := range l.all {
		whole := image.Rect(0, 0, e.pix.width, e.pix.height)
		if now.Before(e.due) {
			continue
		}
		bounds, err := l.d.takeDamage(e.damage, region)
		if err != nil {
			return nil, err
		}
		if !e.due.IsZero() {
			bounds, e.due = whole, time.Time{}
		}
		inner := image.Pt(e.border, e.border)
		if bounds = bounds.Add(inner).Intersect(whole); bounds.Empty() {
			continue
		}
		if err := e.pix.read(l.d, xproto.Drawable(e.pixmap), image.Point{}, bounds.Min.Y, bounds.Max.Y); err != nil {
			return nil, err
		}
		changed = append(changed, bounds.Sub(inner).Add(e.bounds.Min).Intersect(e.bounds))
	}
	return changed, nil
}

// compose draws a part of the display into a picture of it that begins at
// origin.
func (l *layers) compose(to *pixels, origin image.Point, part image.Rectangle) {
	to.blacken(part.Sub(origin))
	for _, e := range l.all {
		inner := image.Pt(e.border, e.border)
		if r := part.Intersect(e.bounds); !r.Empty() {
			to.copyFrom(e.pix, r.Min.Sub(origin), r.Sub(e.bounds.Min).Add(inner))
		}
	}
}

// takeDamage moves the damage of a window from the server, and bounds it.
func (d *display) takeDamage(of damage.Damage, region xfixes.Region) (image.Rectangle, error) {
	damage.Subtract(d.x, of, 0, region)
	r, err := xfixes.FetchRegion(d.x, region).Reply()
	if err != nil {
		return image.Rectangle{}, err
	}
	x, y := int(r.Extents.X), int(r.Extents.Y)
	return image.Rect(x, y, x+int(r.Extents.Width), y+int(r.Extents.Height)), nil
}

// release ends the source's use of memory, here and at the server.
func (p *pixels) release(d *display) {
	if p.seg != 0 {
		shm.Detach(d.x, p.seg)
	}
	p.leave()
}
