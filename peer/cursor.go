package peer

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/streams"
)

// cursorOutbox holds the newest state of the pointer that a viewer has not
// been sent. Older states are worth nothing.
type cursorOutbox struct {
	wake  chan struct{} // capacity one
	ready chan struct{} // closed once the viewer has made the channels
	sent  atomic.Uint64 // messages
	seq   atomic.Uint32 // of the last position

	mu    sync.Mutex
	shape *capture.CursorShape // unsent, or nil
	last  capture.Cursor
	moved bool   // last is unsent
	asked string // by the ping after which the viewer is ready
}

// followCursor sends the pointer of the picture there is now, in place of the
// one before.
func (o *outgoing) followCursor() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stopCursor != nil {
		o.stopCursor()
		o.stopCursor = nil
	}
	i := slices.IndexFunc(o.tracks, func(t *track) bool { return t.Kind() == webrtc.RTPCodecTypeVideo })
	if i < 0 || o.input == nil || o.ctx.Err() != nil {
		return
	}
	source := o.tracks[i].Source()
	ctx, cancel := context.WithCancel(o.ctx)
	o.stopCursor = cancel
	o.remote.wg.Go(func() { o.runCursor(ctx, source) })
}

// runCursor sends the pointer of a picture until ctx is done.
func (o *outgoing) runCursor(ctx context.Context, source *streams.Track) {
	o.remote.wg.Go(func() {
		source.WatchCursor(ctx, func(c capture.Cursor) {
			o.cursor.mu.Lock()
			if c.Shape != nil {
				o.cursor.shape = c.Shape
			}
			o.cursor.last, o.cursor.moved = c, true
			o.cursor.mu.Unlock()
			wake(o.cursor.wake)
		})
	})
	select {
	case <-ctx.Done():
		return
	case <-o.cursor.ready:
	}
	rest := time.NewTimer(time.Hour)
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.cursor.wake:
			rest.Reset(repeatAfter)
		case <-rest.C:
			o.cursor.repeat()
		}
		o.sendShape()
		o.sendPosition(source)
	}
}

// repeatAfter is how long the pointer rests before its position is sent once
// more: nothing mends the loss of the last.
const repeatAfter = 100 * time.Millisecond

// repeat has the last position sent again.
func (c *cursorOutbox) repeat() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved = true
}

// askReady pings the viewer, which has just been told of the input channels: its
// pong says that it has made them. What it is sent on them before is lost.
func (o *outgoing) askReady() {
	now := strconv.FormatInt(capture.Now().Microseconds(), 10)
	o.cursor.mu.Lock()
	o.cursor.asked = now
	o.cursor.mu.Unlock()
	o.remote.sendControl(ping{T: json.RawMessage(now)})
}

// pong notes that a viewer is ready.
func (o *outgoing) pong(t string) {
	o.cursor.mu.Lock()
	defer o.cursor.mu.Unlock()
	if o.cursor.asked != "" && o.cursor.asked == t {
		o.cursor.asked = ""
		select {
		case <-o.cursor.ready:
		default:
			close(o.cursor.ready)
		}
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

func (o *outgoing) sendPosition(source *streams.Track) {
	o.cursor.mu.Lock()
	c, moved := o.cursor.last, o.cursor.moved
	o.cursor.mu.Unlock()
	w, h := source.Size()
	if !moved || w == 0 {
		return
	}
	seq := uint16(o.cursor.seq.Add(1))
	msg := input.AppendCursorPosition(nil, c.Visible, seq, input.FromPixel(c.X, w), input.FromPixel(c.Y, h))
	if sent, err := trySend(o.motion, msg, maxUnsentMotion); !sent || err != nil {
		return
	}
	o.cursor.sent.Add(1)
	o.cursor.mu.Lock()
	defer o.cursor.mu.Unlock()
	if o.cursor.last == c {
		o.cursor.moved = false
	}
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
