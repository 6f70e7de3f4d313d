package peer

import (
	"bytes"
	"image/png"
	"sync"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/streams"
)

// cursorOutbox holds the newest state of the pointer that a viewer has not
// been sent. Older states are worth nothing.
type cursorOutbox struct {
	wake chan struct{} // capacity one

	mu    sync.Mutex
	shape *capture.CursorShape // unsent, or nil
	last  capture.Cursor
	moved bool // last is unsent
}

// runCursor sends the pointer of the first picture until the remote ends.
func (r *Remote) runCursor() {
	var stream *streams.Track
	for _, t := range r.tracks {
		if t.kind == webrtc.RTPCodecTypeVideo {
			stream = t.stream
			break
		}
	}
	if stream == nil {
		return
	}
	r.wg.Go(func() {
		stream.WatchCursor(r.ctx, func(c capture.Cursor) {
			r.cursor.mu.Lock()
			if c.Shape != nil {
				r.cursor.shape = c.Shape
			}
			r.cursor.last, r.cursor.moved = c, true
			r.cursor.mu.Unlock()
			wake(r.cursor.wake)
		})
	})
	var seq uint16
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-r.cursor.wake:
		}
		r.sendShape()
		seq = r.sendPosition(stream, seq)
	}
}

// sendShape sends a new shape on the reliable channel. When there is no room
// it stays for the next change.
func (r *Remote) sendShape() {
	r.cursor.mu.Lock()
	shape := r.cursor.shape
	r.cursor.mu.Unlock()
	if shape == nil {
		return
	}
	if msg := r.peer.pngs.message(shape); msg != nil {
		if sent, err := r.sendBinary(labelInput, msg); !sent || err != nil {
			return
		}
	}
	r.cursor.mu.Lock()
	defer r.cursor.mu.Unlock()
	if r.cursor.shape == shape {
		r.cursor.shape = nil
	}
}

func (r *Remote) sendPosition(stream *streams.Track, seq uint16) uint16 {
	r.cursor.mu.Lock()
	c, moved := r.cursor.last, r.cursor.moved
	r.cursor.mu.Unlock()
	w, h := stream.Size()
	if !moved || w == 0 {
		return seq
	}
	seq++
	msg := input.AppendCursorPosition(nil, c.Visible, seq, input.FromPixel(c.X, w), input.FromPixel(c.Y, h))
	if sent, err := r.sendBinary(labelMotion, msg); !sent || err != nil {
		return seq
	}
	r.cursor.mu.Lock()
	defer r.cursor.mu.Unlock()
	if r.cursor.last == c {
		r.cursor.moved = false
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
