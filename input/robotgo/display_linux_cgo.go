//go:build cgo && linux

package robotgo

/*
#cgo LDFLAGS: -lX11 -lXtst
#include <stdlib.h>
#include <string.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/XKBlib.h>
#include <X11/extensions/XTest.h>

// The library's own: opens its display if it is not open. Weak, because the
// library is linked only when the whole program is.
extern Display *XGetMainDisplay(void) __attribute__((weak));

static Display *guarded;   // the library's display, once it has handlers
static volatile int lost;  // its server is gone
static XErrorHandler    before_error;
static XIOErrorHandler  before_io_error;

// A request that failed, say for a keycode that is none: Xlib would exit.
static int on_error(Display *d, XErrorEvent *e) {
	return d != guarded && before_error ? before_error(d, e) : 0;
}

// The connection broke. Xlib calls this, then on_exit_request.
static int on_io_error(Display *d) {
	if (d != guarded && before_io_error) return before_io_error(d);
	lost = 1;
	return 0;
}

// Xlib would exit here. When this returns, it leaves the display alone.
static void on_exit_request(Display *d, void *data) { lost = 1; }

// guard_probe reports 0 if name can be opened and has XTEST, 1 if it cannot
// be opened, 2 if it has no XTEST.
static int guard_probe(const char *name) {
	Display *d = XOpenDisplay(name);
	int a, b, c, e, there;
	if (!d) return 1;
	XSetIOErrorExitHandler(d, on_exit_request, NULL);
	there = XTestQueryExtension(d, &a, &b, &c, &e);
	XCloseDisplay(d);
	return there ? 0 : 2;
}

// guard_open makes the library open the display it was told of, and reports
// whether that is name: when it cannot, it takes the next best it finds.
static int guard_open(const char *name) {
	Display *d = XGetMainDisplay();
	if (!d || strcmp(DisplayString(d), XDisplayName(name)) != 0) return 0;
	lost = 0;
	guarded = d;
	XSetIOErrorExitHandler(d, on_exit_request, NULL);
	before_error = XSetErrorHandler(on_error);
	before_io_error = XSetIOErrorHandler(on_io_error);
	return 1;
}

// guard_close puts the handlers back, if they are still these.
static void guard_close(void) {
	XErrorHandler e;
	XIOErrorHandler io;
	if (!guarded) return;
	guarded = NULL;
	e = XSetErrorHandler(before_error);
	if (e != on_error) XSetErrorHandler(e);
	io = XSetIOErrorHandler(before_io_error);
	if (io != on_io_error) XSetIOErrorHandler(io);
}

static int guard_lost(void) { return lost; }

static int guard_size(int *w, int *h) {
	Window root; int x, y; unsigned int width = 0, height = 0, border, depth;
	if (!XGetGeometry(guarded, DefaultRootWindow(guarded), &root, &x, &y, &width, &height, &border, &depth)) return 0;
	*w = width;
	*h = height;
	return 1;
}

// guard_keycode is the key that the library would press for sym.
static int guard_keycode(unsigned long sym) { return XKeysymToKeycode(guarded, sym); }

// guard_makes reports whether the key for sym, with Shift or without on top of
// the modifiers that are on, makes the keysym want.
static int guard_makes(unsigned long sym, int shift, unsigned long want) {
	KeyCode code = XKeysymToKeycode(guarded, sym);
	XkbStateRec s;
	unsigned int used;
	KeySym got = NoSymbol;
	if (!code || XkbGetState(guarded, XkbUseCoreKbd, &s) != Success) return 0;
	return XkbLookupKeySym(guarded, code, XkbBuildCoreState(s.mods, s.group) | (shift ? ShiftMask : 0), &used, &got)
		&& got == want;
}

// guard_refresh makes Xlib see changes of the keyboard that came meanwhile.
// Nobody else reads the events of this display.
static void guard_refresh(void) {
	XEvent e;
	XSync(guarded, False);
	while (!lost && XPending(guarded) > 0) {
		XNextEvent(guarded, &e);
		if (e.type == MappingNotify) XRefreshKeyboardMapping(&e.xmapping);
	}
}
*/
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"github.com/go-vgo/robotgo"
)

const (
	wheelTurnsSideways = true
	notchUnits         = 1

	// evdevToX is what an X keycode is more than the evdev code.
	evdevToX = 8
)

func probeDisplay(name string) error {
	cname := C.CString(name)
	defer C.free(unsafe.Pointer(cname))
	switch C.guard_probe(cname) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("cannot open display %q; is the X server running, and does DISPLAY or the option name it?", name)
	default:
		return fmt.Errorf("display %q has no XTEST; start the server with the extension: %w", name, errors.ErrUnsupported)
	}
}

func openDisplay(name string) error {
	hurry()
	cname := C.CString(name)
	defer C.free(unsafe.Pointer(cname))
	robotgo.CloseMainDisplay()
	if err := robotgo.SetXDisplayName(name); err != nil {
		return err
	}
	if C.guard_open(cname) == 0 {
		robotgo.CloseMainDisplay()
		return errors.New("the library could not open it")
	}
	return nil
}

func closeDisplay() {
	robotgo.CloseMainDisplay()
	C.guard_close()
}

func displayLost() bool { return C.guard_lost() != 0 }

func screenSize() (w, h int, err error) {
	var cw, ch C.int
	if C.guard_size(&cw, &ch) == 0 {
		return 0, 0, errors.New("the screen has no size")
	}
	return int(cw), int(ch), nil
}

func keyIsAt(keysym uint32, code uint16) bool {
	C.guard_refresh()
	return int(C.guard_keycode(C.ulong(keysym))) == int(code)+evdevToX
}

// canType follows what the library would do for r, and asks whether that makes
// r as things are. Beyond ASCII it would rewrite the keyboard.
func canType(r rune) bool {
	if r >= 0x7f {
		return false
	}
	sym, want := uint32(r), uint32(r)
	switch r {
	case '\n':
		sym, want = 0xff0d, 0xff0d
	case '\t':
		sym, want = 0xff09, 0xff09
	case '<': // by the comma's key
		sym = ','
	case '"': // these two by each other's name
		sym = '\''
	case '\'':
		sym = '"'
	}
	shift := r >= 'A' && r <= 'Z' || strings.ContainsRune("~!@#$%^&*()_+{}|:\"<>?", r)
	C.guard_refresh()
	s := C.int(0)
	if shift {
		s = 1
	}
	return C.guard_makes(C.ulong(sym), s, C.ulong(want)) != 0
}

func typeRune(r rune) error {
	unicode(uint32(r))
	return nil
}
