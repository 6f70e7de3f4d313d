package peer

import (
	"bytes"
	"image/png"
	"sync"
	"sync/atomic"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/streams"
)

// cursorOutbox holds the newest state of the pointer that a viewer has not
// been sent. Older states are worth nothing.
type cursorOutbox struct {
	wake chan struct{} // capacity one
	sent atomic.Uint64 // messages

	mu    sync.Mutex
	shape *capture.CursorShape // unsent, or nil
	last  capture.Cursor
	moved bool // last is unsent
}

// runCursor sends the pointer of the picture until the viewer is gone.
func (o *outgoing) runCursor() {
	t := o.video()
	if t == nil {
		return
	}
	source := t.Source()
	o.remote.wg.Go(func() {
		source.WatchCursor(o.ctx, func(c capture.Cursor) {
			o.cursor.mu.Lock()
			if c.Shape != nil {
				o.cursor.shape = c.Shape
			}
			o.cursor.last, o.cursor.moved = c, true
			o.cursor.mu.Unlock()
			wake(o.cursor.wake)
		})
	})
	var seq uint16
	for {
		select {
		case <-o.ctx.Done():
			return
		case <-o.cursor.wake:
		}
		o.sendShape()
		seq = o.sendPosition(source, seq)
	}
}

// sendShape sends a new shape on the reliable channel. When there is no room
// it stays for the next change.
func (o *outgoing) sendShape() {
	o.cursor.mu.Lock()
	shape := o.cursor.shape
	o.cursor.mu.Unlock()
	if shape == nil {
		return
	}
	if msg := o.remote.peer.pngs.message(shape); msg != nil {
		if sent, err := trySend(o.input, msg, maxUnsent); !sent || err != nil {
			return
		}
	}
	o.cursor.sent.Add(1)
	o.cursor.mu.Lock()
	defer o.cursor.mu.Unlock()
	if o.cursor.shape == shape {
		o.cursor.shape = nil
	}
}

func (o *outgoing) sendPosition(source *streams.Track, seq uint16) uint16 {
	o.cursor.mu.Lock()
	c, moved := o.cursor.last, o.cursor.moved
	o.cursor.mu.Unlock()
	w, h := source.Size()
	if !moved || w == 0 {
		return seq
	}
	seq++
	msg := input.AppendCursorPosition(nil, c.Visible, seq, input.FromPixel(c.X, w), input.FromPixel(c.Y, h))
	if sent, err := trySend(o.motion, msg, maxUnsentMotion); !sent || err != nil {
		return seq
	}
	o.cursor.sent.Add(1)
	o.cursor.mu.Lock()
	defer o.cursor.mu.Unlock()
	if o.cursor.last == c {
		o.cursor.moved = false
	}
	return seq
}

// shapeCache makes the message of a shape once for all viewers.
type shapeCache struct {
	mu    sync.Mutex
	shape *capture.CursorShape
	msg   []byte
}

// message returns the wire form of a shape, or nothing for one that is too
// large to send.
func (c *shapeCache) message(s *capture.CursorShape) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shape == s {
		return c.msg
	}
	var buf bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	c.shape, c.msg = s, nil
	if s.Image == nil || encoder.Encode(&buf, s.Image) != nil || buf.Len() > input.MaxCursorPNG {
		return nil
	}
	c.msg = input.AppendCursorShape(nil, uint16(s.Hotspot.X), uint16(s.Hotspot.Y), buf.Bytes())
	return c.msg
}

// Cursor is a change of a host's pointer, as a viewer learns it.
type Cursor struct {
	// PNG is the pointer's new picture and HotX, HotY the pixel of it that
	// points, when the shape changed; else nil.
	PNG        []byte
	HotX, HotY uint16
	// X and Y are where, as a fraction of the picture in the unit of
	// input.Move, and Visible whether it shows, when PNG is nil.
	X, Y    uint16
	Visible bool
}

// cursorInbox drops positions that a newer one overtook.
type cursorInbox struct {
	mu    sync.Mutex
	begun bool
	seq   uint16
}

// newer notes seq and reports whether it is newer than all before.
func (c *cursorInbox) newer(seq uint16) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.begun && int16(seq-c.seq) <= 0 {
		return false
	}
	c.begun, c.seq = true, seq
	return true
}
