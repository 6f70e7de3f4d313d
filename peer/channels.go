package peer

import (
	"errors"
	"fmt"
	"sync"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/input"
)

// The labels of the data channels.
const (
	labelControl = "control"
	labelInput   = "input"
	labelMotion  = "motion"
)

const (
	// maxControl is the longest control message in bytes.
	maxControl = 16 << 10
	// maxUnsent is how much may wait on a reliable channel. A remote that
	// lets more wait does not read, and is closed.
	maxUnsent = 1 << 20
	// maxUnsentMotion is how much may wait on the motion channel; what does
	// not fit is dropped.
	maxUnsentMotion = 32 << 10
)

// errNotOpen is the error of sending on a channel that is not open yet.
var errNotOpen = errors.New("the channel is not open")

// channels are the data channels of one remote.
type channels struct {
	mu  sync.Mutex
	all map[string]*webrtc.DataChannel
}

func (c *channels) get(label string) *webrtc.DataChannel {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[label]
}

// put keeps the first channel of a label.
func (c *channels) put(d *webrtc.DataChannel) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string]*webrtc.DataChannel{}
	}
	if c.all[d.Label()] != nil {
		return false
	}
	c.all[d.Label()] = d
	return true
}

// isOpen is true when the channel of that label can be sent on.
func (r *Remote) isOpen(label string) bool {
	d := r.chans.get(label)
	return d != nil && d.ReadyState() == webrtc.DataChannelStateOpen
}

// openChannels opens a host's channels in band.
func (r *Remote) openChannels() error {
	ordered, unordered, never := true, false, uint16(0)
	for _, c := range []struct {
		label string
		init  webrtc.DataChannelInit
		f     func(webrtc.DataChannelMessage)
	}{
		{labelControl, webrtc.DataChannelInit{Ordered: &ordered}, r.onViewerControl},
		{labelInput, webrtc.DataChannelInit{Ordered: &ordered}, r.onInput},
		{labelMotion, webrtc.DataChannelInit{Ordered: &unordered, MaxRetransmits: &never}, r.onInput},
	} {
		d, err := r.pc.CreateDataChannel(c.label, &c.init)
		if err != nil {
			return fmt.Errorf("channel %s: %w", c.label, err)
		}
		r.chans.put(d)
		d.OnMessage(c.f)
		switch c.label {
		case labelControl:
			d.OnOpen(r.greet)
		default:
			d.OnOpen(func() { wake(r.cursor.wake) })
		}
	}
	// A host uses no channel that a viewer opens.
	r.pc.OnDataChannel(func(d *webrtc.DataChannel) { d.OnOpen(func() { _ = d.Close() }) })
	return nil
}

// onInput injects what a viewer did. Pion calls it from one goroutine for
// each channel.
func (r *Remote) onInput(m webrtc.DataChannelMessage) {
	if r.seat == nil || m.IsString {
		return
	}
	before := r.seat.Stats().Injected
	err := r.seat.Handle(m.Data)
	if errors.Is(err, input.ErrMalformed) {
		r.shut(fmt.Errorf("peer: the viewer's input: %w", err), true)
		return
	}
	if err != nil {
		r.log.Debug("input was not injected", "err", err)
	}
	if r.seat.Stats().Injected == before {
		return // nothing that could show
	}
	for _, t := range r.tracks {
		if t.kind == webrtc.RTPCodecTypeVideo {
			t.stream.Poke()
		}
	}
}

// sendText sends on a reliable channel, or closes the remote that does not
// read.
func (r *Remote) sendText(label string, text []byte) error {
	if !r.isOpen(label) {
		return errNotOpen
	}
	d := r.chans.get(label)
	if d.BufferedAmount() > maxUnsent {
		r.shut(errors.New("peer: the remote does not read"), true)
		return errNotOpen
	}
	return d.SendText(string(text))
}

// sendBinary sends on either kind of channel. It reports false when there is
// no room.
func (r *Remote) sendBinary(label string, b []byte) (bool, error) {
	if !r.isOpen(label) {
		return false, errNotOpen
	}
	d := r.chans.get(label)
	limit := uint64(maxUnsent)
	if label == labelMotion {
		limit = maxUnsentMotion
	}
	if d.BufferedAmount()+uint64(len(b)) > limit {
		return false, nil
	}
	return true, d.Send(b)
}
