package peer

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/channel"
)

// The labels of our own data channels.
const (
	labelControl = "control"
	labelInput   = "input"
	labelMotion  = "motion"
	labelPatches = "patches"
)

// The ids of data channels: see PROTOCOL.md of peer/signal. All are low, as
// browsers make room for few.
const (
	firstAgreedID = 128
	lastAgreedID  = 254
	controlID     = 255
	lastID        = 1022
)

const (
	// maxControl is the longest control message in bytes.
	maxControl = 16 << 10
	// maxUnsent is how much may wait on a reliable channel of our own. A
	// remote that lets more wait does not read, and is closed.
	maxUnsent = 1 << 20
	// maxUnsentMotion is how much may wait on a motion channel; what does not
	// fit is dropped.
	maxUnsentMotion = 32 << 10
)

// errNotOpen is the error of sending on a channel that is not open yet.
var errNotOpen = errors.New("the channel is not open")

// maxAgreed bounds the channels with agreed ids that one connection ever has:
// pion remembers each until the connection ends.
const maxAgreed = 1 << 16

// channelIDs knows the ids that the two sides agree on, and gives out our half
// of them. One that has become free is used again as late as can be, so that
// the other side knows that it is.
type channelIDs struct {
	next uint16
	used map[uint16]bool // by either side
	made int             // so far
}

func newChannelIDs(even bool) channelIDs {
	ids := channelIDs{next: firstAgreedID, used: map[uint16]bool{}}
	if !even {
		ids.next++
	}
	return ids
}

// ours is true for an id that this side gives out.
func (c *channelIDs) ours(id uint16) bool { return id%2 == c.next%2 }

func (c *channelIDs) take() (uint16, error) {
	const half = (lastAgreedID - firstAgreedID + 2) / 2
	for range half {
		id := c.next
		if c.next += 2; c.next > lastAgreedID {
			c.next = firstAgreedID + id%2
		}
		if !c.used[id] && c.made < maxAgreed {
			c.made++
			c.used[id] = true
			return id, nil
		}
	}
	return 0, &Reject{Code: CodeLimit, Message: "too many data channels on one connection"}
}

// claim notes an id that the other side gave out. It is false for one that is
// in use, or not its to give.
func (c *channelIDs) claim(id uint16) bool {
	if id < firstAgreedID || id > lastAgreedID || c.ours(id) || c.used[id] || c.made >= maxAgreed {
		return false
	}
	c.made++
	c.used[id] = true
	return true
}

// openRaw makes a channel that the other side makes too (W3C WebRTC §6.2).
func (r *Remote) openRaw(id uint16, label string, mode channel.Mode) (*webrtc.DataChannel, error) {
	init := webrtc.DataChannelInit{Negotiated: new(true), ID: &id, Ordered: new(mode == channel.Reliable)}
	if mode == channel.Unreliable {
		init.MaxRetransmits = new(uint16)
	}
	d, err := r.pc.CreateDataChannel(label, &init)
	if err != nil {
		return nil, fmt.Errorf("channel %s: %w", label, err)
	}
	return d, nil
}

// openNext makes a channel with an id of ours, or takes a spare one. The other
// side must be told.
func (r *Remote) openNext(label string, mode channel.Mode) (*webrtc.DataChannel, error) {
	r.mu.Lock()
	for len(r.spare[mode]) > 0 {
		d := r.spare[mode][0]
		r.spare[mode] = r.spare[mode][1:]
		if isOpen(d) {
			r.mu.Unlock()
			return d, nil
		}
	}
	id, err := r.ids.take()
	r.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return r.openID(id, label, mode)
}

// openTheirs makes the channel that the other side has made with that id.
func (r *Remote) openTheirs(id uint16, label string, mode channel.Mode) (*webrtc.DataChannel, error) {
	r.mu.Lock()
	free := r.ids.claim(id)
	r.mu.Unlock()
	if !free {
		return nil, fmt.Errorf("channel %s: %d is in use, or not the other side's to give out", label, id)
	}
	return r.openID(id, label, mode)
}

// openID makes a channel with an agreed id, which is free again after it.
func (r *Remote) openID(id uint16, label string, mode channel.Mode) (*webrtc.DataChannel, error) {
	d, err := r.openRaw(id, label, mode)
	if err != nil {
		r.freeID(id)
		return nil, err
	}
	d.OnClose(func() { r.freeID(id) })
	return d, nil
}

func (r *Remote) freeID(id uint16) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.ids.used, id)
}

// isOpen is true when d can be sent on.
func isOpen(d *webrtc.DataChannel) bool {
	return d != nil && d.ReadyState() == webrtc.DataChannelStateOpen
}

// sendText sends on a reliable channel of our own, or closes the remote that
// does not read.
func (r *Remote) sendText(d *webrtc.DataChannel, text []byte) error {
	if !isOpen(d) {
		return errNotOpen
	}
	if d.BufferedAmount() > maxUnsent {
		r.shut(errors.New("peer: the remote does not read"), true)
		return errNotOpen
	}
	return d.SendText(string(text))
}

// trySend sends unless more than limit would wait. It reports false when there
// is no room.
func trySend(d *webrtc.DataChannel, b []byte, limit uint64) (bool, error) {
	if !isOpen(d) {
		return false, errNotOpen
	}
	if d.BufferedAmount()+uint64(len(b)) > limit {
		return false, nil
	}
	return true, d.Send(b)
}

// closeChannels ends the waiting of those who read channels or wait for them.
func (r *Remote) closeChannels() {
	r.mu.Lock()
	named := slices.Collect(maps.Values(r.named))
	numbered := slices.Collect(maps.Values(r.numbered))
	r.mu.Unlock()
	for _, c := range named {
		c.closed(r.Err())
	}
	for _, n := range numbered {
		n.end()
	}
}
