package peer

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode/patch"
	"github.com/causeway-rtc/causeway/peer/channel"
	"github.com/causeway-rtc/causeway/streams"
)

// patchOutbox is the channel for patches of a viewer that asked for them.
type patchOutbox struct {
	mu    sync.Mutex
	raw   *webrtc.DataChannel // nil when it did not ask
	from  *streams.Patches    // of the picture there is now
	stop  context.CancelFunc  // of sending these
	sent  uint32              // messages
	drawn uint32              // that the viewer has drawn of those
	stale uint32              // that are on their way and of a picture before
}

var errNotSent = errors.New("peer: the viewer has drawn patches that it was not sent")

// onPatches begins to send patches on a channel that the viewer has made.
func (r *Remote) onPatches(m patches) {
	o := r.watching(m.Stream)
	if o == nil {
		return
	}
	o.patches.mu.Lock()
	defer o.patches.mu.Unlock()
	if o.patches.raw != nil || o.ctx.Err() != nil {
		return
	}
	raw, err := r.openTheirs(m.Channel, labelPatches, channel.Reliable)
	if err != nil {
		r.log.Debug("no patches", "err", err)
		return
	}
	o.patches.raw = raw
	raw.OnMessage(o.onDrawn)
	raw.OnOpen(o.followPatches)
}

// followPatches sends patches of the picture there is now, in place of those
// of the one before.
func (o *outgoing) followPatches() {
	t := o.video()
	o.patches.mu.Lock()
	defer o.patches.mu.Unlock()
	if o.patches.stop != nil {
		o.patches.stop()
		o.patches.stop, o.patches.from = nil, nil
		o.patches.stale = o.patches.sent - o.patches.drawn
	}
	if t == nil || !isOpen(o.patches.raw) || o.ctx.Err() != nil {
		return
	}
	ctx, cancel := context.WithCancel(o.ctx)
	from := t.Source().AttachPatches(o.viewer.ID())
	o.patches.stop, o.patches.from = cancel, from
	o.remote.wg.Go(func() {
		defer from.Close()
		o.sendPatches(ctx, t, from)
	})
}

// sendPatches sends patches of a track until ctx is done.
func (o *outgoing) sendPatches(ctx context.Context, t *track, from *streams.Patches) {
	var message []byte
	for {
		p, at, err := from.Next(ctx)
		if err != nil {
			return
		}
		p.Timestamp = t.Timestamp(at)
		message = patch.Append(message[:0], p)
		if !o.sendPatch(ctx, from, message) {
			return
		}
	}
}

func (o *outgoing) sendPatch(ctx context.Context, from *streams.Patches, message []byte) bool {
	o.patches.mu.Lock()
	defer o.patches.mu.Unlock()
	if ctx.Err() != nil {
		return false
	}
	from.Sent(len(message))
	o.patches.sent++
	// What is on its way is bounded, so this neither blocks nor grows.
	return o.patches.raw.Send(message) == nil
}

// onDrawn takes note of how many patches the viewer has drawn: a u32, of all
// since the channel's beginning. Pion calls it from one goroutine.
func (o *outgoing) onDrawn(m webrtc.DataChannelMessage) {
	p := &o.patches
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.IsString || len(m.Data) != 4 {
		return
	}
	drawn := binary.BigEndian.Uint32(m.Data)
	more := drawn - p.drawn
	if more > p.sent-p.drawn {
		o.remote.shut(errNotSent, true)
		return
	}
	p.drawn = drawn
	old := min(more, p.stale)
	p.stale -= old
	if p.from != nil {
		p.from.Arrived(int(more - old))
	}
}
