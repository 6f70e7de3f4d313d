package x11

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"

	"github.com/jezek/xgb/res"
	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture"
)

// Windows lists the windows of a display that have a title, the topmost first.
func Windows(ctx context.Context, name string) ([]capture.Window, error) {
	d, err := connect(ctx, name)
	if err != nil {
		return nil, err
	}
	defer d.hangUp()
	defer d.bound(ctx)()
	all, err := d.windows()
	if err != nil {
		return nil, fmt.Errorf("x11: display %q: %w", d.name, err)
	}
	return titled(all), nil
}

// window is one that a program has on the screen.
type window struct {
	capture.Window
	owner xproto.Window // that it belongs to, as a dialog does, or 0
}

func titled(all []window) (list []capture.Window) {
	for _, w := range all {
		if w.Title != "" {
			list = append(list, w.Window)
		}
	}
	return list
}

// windows are those that can be seen, the topmost first.
func (d *display) windows() ([]window, error) {
	tree, err := xproto.QueryTree(d.x, d.root).Reply()
	if err != nil {
		return nil, err
	}
	var all []window
	for _, frame := range slices.Backward(tree.Children) {
		// One that is gone by now is none.
		if w, err := d.window(frame); err == nil {
			all = append(all, w)
		}
	}
	return all, nil
}

// window looks at a child of the root.
func (d *display) window(frame xproto.Window) (window, error) {
	attributes, err := xproto.GetWindowAttributes(d.x, frame).Reply()
	if err != nil {
		return window{}, err
	}
	if attributes.MapState != xproto.MapStateViewable || attributes.Class != xproto.WindowClassInputOutput {
		return window{}, fmt.Errorf("window %#x is not to be seen", frame)
	}
	client := frame
	if !attributes.OverrideRedirect {
		client = d.client(frame, 3)
	}
	w := window{owner: d.owner(client)}
	w.ID = uint32(client)
	w.Title, w.PID = d.title(client), d.pid(client)
	w.Bounds, err = d.bounds(client)
	return w, err
}

// client is the window that a program made, inside of the frame that a window
// manager put around it (ICCCM §4.1.3.1).
func (d *display) client(frame xproto.Window, depth int) xproto.Window {
	if d.property(frame, "WM_STATE", 1) != nil || depth == 0 {
		return frame
	}
	tree, err := xproto.QueryTree(d.x, frame).Reply()
	if err != nil {
		return frame
	}
	for _, child := range tree.Children {
		if found := d.client(child, depth-1); d.property(found, "WM_STATE", 1) != nil {
			return found
		}
	}
	return frame
}

// frame is the child of the root that a window is, or is in.
func (d *display) frame(w xproto.Window) xproto.Window {
	for {
		tree, err := xproto.QueryTree(d.x, w).Reply()
		if err != nil || tree.Parent == d.root || tree.Parent == 0 {
			return w
		}
		w = tree.Parent
	}
}

// bounds is where a window is on the display, without its border.
func (d *display) bounds(w xproto.Window) (image.Rectangle, error) {
	g, err := xproto.GetGeometry(d.x, xproto.Drawable(w)).Reply()
	if err != nil {
		return image.Rectangle{}, err
	}
	at, err := xproto.TranslateCoordinates(d.x, w, d.root, 0, 0).Reply()
	if err != nil {
		return image.Rectangle{}, err
	}
	x, y := int(at.DstX), int(at.DstY)
	return image.Rect(x, y, x+int(g.Width), y+int(g.Height)), nil
}

// property is the value of a window's property, of at most that many words.
func (d *display) property(w xproto.Window, name string, words uint32) []byte {
	p, err := xproto.GetProperty(d.x, false, w, d.atom(name), xproto.GetPropertyTypeAny, 0, words).Reply()
	if err != nil || p.ValueLen == 0 {
		return nil
	}
	return p.Value
}

// atom is the server's number for a name, which never changes.
func (d *display) atom(name string) xproto.Atom {
	if d.atoms == nil {
		d.atoms = map[string]xproto.Atom{}
	}
	if a, ok := d.atoms[name]; ok {
		return a
	}
	r, err := xproto.InternAtom(d.x, false, uint16(len(name)), name).Reply()
	if err != nil {
		return xproto.AtomNone
	}
	d.atoms[name] = r.Atom
	return r.Atom
}

func (d *display) title(w xproto.Window) string {
	t := d.property(w, "_NET_WM_NAME", 64)
	if t == nil {
		t = d.property(w, "WM_NAME", 64)
	}
	return strings.ToValidUTF8(strings.TrimRight(string(t), "\x00"), "�")
}

func (d *display) owner(w xproto.Window) xproto.Window {
	if p := d.property(w, "WM_TRANSIENT_FOR", 1); len(p) == 4 {
		return xproto.Window(p[0]) | xproto.Window(p[1])<<8 | xproto.Window(p[2])<<16 | xproto.Window(p[3])<<24
	}
	return 0
}

// pid is the process that made a window: as the server knows it, which no
// program can feign, else as the program says.
func (d *display) pid(w xproto.Window) int {
	if d.hasRes == nil {
		_, err := enable(d.x, "X-Resource")
		has := err == nil
		d.hasRes = &has
	}
	if *d.hasRes {
		spec := []res.ClientIdSpec{{Client: uint32(w), Mask: res.ClientIdMaskLocalClientPID}}
		r, err := res.QueryClientIds(d.x, 1, spec).Reply()
		if err == nil && len(r.Ids) == 1 && len(r.Ids[0].Value) == 1 {
			return int(r.Ids[0].Value[0])
		}
	}
	if p := d.property(w, "_NET_WM_PID", 1); len(p) == 4 {
		return int(p[0]) | int(p[1])<<8 | int(p[2])<<16 | int(p[3])<<24
	}
	return 0
}

// showWindows chooses the windows of an area. The picture of one window is as
// large as the window is, that of processes as large as the display.
func (d *display) showWindows(s *capture.Shown, a capture.Area, before image.Point) error {
	all, err := d.windows()
	if err != nil {
		return err
	}
	s.Masked = true
	if len(a.Processes) > 0 {
		for _, w := range all {
			if descends(w.PID, a.Processes) {
				s.Windows = append(s.Windows, w.Window)
			}
		}
		if s.Windows == nil {
			s.Missing = fmt.Sprintf("No window of %v is to be seen. %s", a, thereAre(all))
		}
		return nil
	}
	main, ok := findWindow(all, a.Window)
	if !ok {
		s.Missing = fmt.Sprintf("The window %s is not to be seen. %s", a.Window, thereAre(all))
		if before != (image.Point{}) {
			s.Picture = image.Rectangle{Max: before}
		}
		return nil
	}
	s.Picture = main.Bounds
	for _, w := range all {
		if w.ID == main.ID || uint32(w.owner) == main.ID {
			s.Windows = append(s.Windows, w.Window)
		}
	}
	return nil
}

// findWindow finds the topmost window of that id or title.
func findWindow(all []window, name string) (window, bool) {
	id, err := strconv.ParseUint(name, 0, 32)
	i := slices.IndexFunc(all, func(w window) bool { return w.Title == name || err == nil && uint64(w.ID) == id })
	if i < 0 {
		return window{}, false
	}
	return all[i], true
}

// thereAre lists windows to a person.
func thereAre(all []window) string {
	var list []string
	for _, w := range titled(all) {
		list = append(list, fmt.Sprintf("%#x %q of process %d", w.ID, w.Title, w.PID))
	}
	return "There are: " + cmp.Or(strings.Join(list, ", "), "none") + "."
}
