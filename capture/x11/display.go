package x11

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
)

// patience is how long a server may take to answer before it counts as dead.
// A server that is busy answers within milliseconds, one whose graphics card
// hangs never does.
const patience = 5 * time.Second

// display is a connection to an X server.
type display struct {
	name   string
	socket net.Conn
	x      *xgb.Conn
	root   xproto.Window
	depth  byte

	// What follows belongs to whoever captures or lists.
	atoms                  map[string]xproto.Atom
	hasRandR, hasComposite bool
	hasRes                 *bool // nil until asked for
}

// connect opens the display called name, or $DISPLAY.
func connect(ctx context.Context, name string) (*display, error) {
	if name == "" {
		name = os.Getenv("DISPLAY")
	}
	if name == "" {
		return nil, errors.New("x11: no display: $DISPLAY is not set; name one, like \":0\"")
	}
	a, err := parseAddress(name)
	if err != nil {
		return nil, err
	}
	// The logger is xgb's own and one for the process; it repeats on stderr
	// what the calls return.
	xgb.Logger.SetOutput(io.Discard)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var dialer net.Dialer
	socket, err := dialer.DialContext(ctx, a.network, a.addr)
	if err != nil {
		return nil, fmt.Errorf("x11: open display %q: %w", name, err)
	}
	d := &display{name: name, socket: socket}
	if err := d.greet(ctx, a); err != nil {
		socket.Close()
		return nil, fmt.Errorf("x11: open display %q: %w", name, errors.Join(err, ctx.Err()))
	}
	return d, nil
}

// greet proves who we are and learns about the screen.
func (d *display) greet(ctx context.Context, a address) error {
	defer d.bound(ctx)()
	var err error
	if cookie := findCookie(a); cookie != "" {
		d.x, err = xgb.NewConnNetWithCookieHex(d.socket, cookie)
	} else {
		d.x, err = xgb.NewConnNet(d.socket)
	}
	if err != nil {
		return err
	}
	setup := xproto.Setup(d.x)
	if a.screen >= len(setup.Roots) {
		d.hangUp()
		return fmt.Errorf("there is no screen %d", a.screen)
	}
	d.root, d.depth = setup.Roots[a.screen].Root, setup.Roots[a.screen].RootDepth
	return nil
}

// bound hangs up when ctx is done before the returned function is called, so
// that a wait for an answer ends.
func (d *display) bound(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { d.socket.Close() })
}

// watch hangs up when the returned function is not called within patience.
func (d *display) watch() (stop func() bool) {
	return time.AfterFunc(patience, func() { d.socket.Close() }).Stop
}

// hangUp closes the connection and waits until it has no more events. Only
// the goroutine that takes events may call it.
func (d *display) hangUp() {
	d.cut()
	for {
		if event, err := d.x.WaitForEvent(); event == nil && err == nil {
			return
		}
	}
}

// cut closes the connection from any goroutine. Closing the socket first
// makes it certain, where xgb alone would wait for a last answer.
func (d *display) cut() {
	d.socket.Close()
	d.x.Close()
}

// usable says what capture would lack on this display, and readies the
// extensions that it needs.
func (d *display) usable() error {
	setup := xproto.Setup(d.x)
	if d.depth != 24 && d.depth != 32 || setup.ImageByteOrder != xproto.ImageOrderLSBFirst {
		return fmt.Errorf("its pixels have %d bits; set the screen to 24: %w", d.depth, errors.ErrUnsupported)
	}
	for _, f := range setup.PixmapFormats {
		if f.Depth == d.depth && f.BitsPerPixel != 32 {
			return fmt.Errorf("its pixels take %d bits, not 32: %w", f.BitsPerPixel, errors.ErrUnsupported)
		}
	}
	for _, name := range []string{"XFIXES", "DAMAGE"} {
		if err := register(d.x, name); err != nil {
			return err
		}
	}
	// A server refuses the requests of clients that did not say their version.
	if _, err := xfixes.QueryVersion(d.x, 5, 0).Reply(); err != nil {
		return fmt.Errorf("XFIXES: %w", err)
	}
	if _, err := damage.QueryVersion(d.x, 1, 1).Reply(); err != nil {
		return fmt.Errorf("DAMAGE: %w", err)
	}
	return nil
}

// size asks for the root window's size.
func (d *display) size() (width, height int, err error) {
	g, err := xproto.GetGeometry(d.x, xproto.Drawable(d.root)).Reply()
	if err != nil {
		return 0, 0, err
	}
	return int(g.Width), int(g.Height), nil
}
