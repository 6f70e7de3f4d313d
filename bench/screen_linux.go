package bench

import (
	"errors"
	"fmt"
	"io"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"
	"golang.org/x/sys/unix"
)

// screen is a connection to an X display, whose pictures travel through
// memory that we share with the server.
type screen struct {
	conn *xgb.Conn
	*xproto.ScreenInfo

	segment shm.Seg
	memory  []byte
}

// openScreen connects to a display.
func openScreen(display string) (*screen, error) {
	xgb.Logger.SetOutput(io.Discard) // it repeats what the calls return
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, fmt.Errorf("bench: open display %q: %w", display, err)
	}
	if err := shm.Init(conn); err != nil {
		conn.Close()
		return nil, fmt.Errorf("bench: shared memory of display %q: %w", display, err)
	}
	s := &screen{conn: conn, ScreenInfo: xproto.Setup(conn).DefaultScreen(conn)}
	if s.RootDepth != 24 || xproto.Setup(conn).ImageByteOrder != xproto.ImageOrderLSBFirst {
		s.close()
		return nil, fmt.Errorf("bench: display %q is not BGRA: %w", display, errors.ErrUnsupported)
	}
	return s, nil
}

// size is the screen's size in pixels now; RandR may have changed what the
// setup said.
func (s *screen) size() (width, height int, err error) {
	geometry, err := xproto.GetGeometry(s.conn, xproto.Drawable(s.Root)).Reply()
	if err != nil {
		return 0, 0, fmt.Errorf("bench: size of the screen: %w", err)
	}
	return int(geometry.Width), int(geometry.Height), nil
}

// share makes the memory through which pictures travel, once.
func (s *screen) share(bytes int) error {
	id, err := unix.SysvShmGet(unix.IPC_PRIVATE, bytes, unix.IPC_CREAT|0o600)
	if err != nil {
		return fmt.Errorf("bench: get %d bytes of shared memory: %w", bytes, err)
	}
	// The kernel frees it once nobody is attached any more.
	defer unix.SysvShmCtl(id, unix.IPC_RMID, nil)
	if s.memory, err = unix.SysvShmAttach(id, 0, 0); err != nil {
		return fmt.Errorf("bench: attach shared memory: %w", err)
	}
	if s.segment, err = shm.NewSegId(s.conn); err != nil {
		return err
	}
	if err := shm.AttachChecked(s.conn, s.segment, uint32(id), false).Check(); err != nil {
		return fmt.Errorf("bench: attach the X server to shared memory: %w", err)
	}
	return nil
}

// sync returns after the server has done everything asked of it before.
func (s *screen) sync() error {
	_, err := xproto.GetInputFocus(s.conn).Reply()
	return err
}

// grab copies a rectangle of the screen to the start of the shared memory.
func (s *screen) grab(x, y, width, height int) error {
	const allPlanes = 1<<32 - 1
	_, err := shm.GetImage(s.conn, xproto.Drawable(s.Root), int16(x), int16(y), uint16(width), uint16(height),
		allPlanes, xproto.ImageFormatZPixmap, s.segment, 0).Reply()
	return err
}

// close ends the connection and makes a blocked call return.
func (s *screen) close() error {
	s.conn.Close()
	if s.memory == nil {
		return nil
	}
	memory := s.memory
	s.memory = nil
	return unix.SysvShmDetach(memory)
}
