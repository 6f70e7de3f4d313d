package peer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pion/webrtc/v4"
)

// SendOptions says where a message goes. The zero value means everywhere.
type SendOptions struct {
	// ID, when not nil, is the number of the channel, and Label, when not
	// empty, its label.
	ID    *uint16
	Label string
	// Filter says to which channels of which remotes. Nil means all.
	Filter func(*Remote, ChannelOptions) bool
}

// Send sends a message of at most 64 KiB on the numbered channels that are
// open, and returns to how many remotes. A remote that does not read, so that
// 1 MiB waits for it, gets none; the error says to whom a message could not
// be sent.
func (p *Peer) Send(data []byte, o SendOptions) (sent int, err error) {
	return p.sendNumbered(o, len(data), func(d *webrtc.DataChannel) error { return d.Send(data) })
}

// SendText is Send for text.
func (p *Peer) SendText(text string, o SendOptions) (sent int, err error) {
	return p.sendNumbered(o, len(text), func(d *webrtc.DataChannel) error { return d.SendText(text) })
}

func (p *Peer) sendNumbered(o SendOptions, length int, send func(*webrtc.DataChannel) error) (sent int, err error) {
	if length > maxChannelMessage {
		return 0, fmt.Errorf("peer: a message of %d bytes; a numbered channel carries %d, a data channel 16 MiB", length, maxChannelMessage)
	}
	var errs []error
	for _, r := range p.Remotes() {
		reached := false
		for _, n := range r.channelsFor(o) {
			if n.raw.BufferedAmount() > maxUnsent {
				errs = append(errs, fmt.Errorf("peer: %s does not read channel %d", r.id, n.o.ID))
			} else if err := send(n.raw); err != nil {
				errs = append(errs, fmt.Errorf("peer: %s: channel %d: %w", r.id, n.o.ID, err))
			} else {
				reached = true
			}
		}
		if reached {
			sent++
		}
	}
	return sent, errors.Join(errs...)
}

// channelsFor are the open channels that o means.
func (r *Remote) channelsFor(o SendOptions) []*numbered {
	r.mu.Lock()
	var all []*numbered
	for id, n := range r.numbered {
		if n.open && (o.ID == nil || *o.ID == id) && (o.Label == "" || o.Label == n.o.Label) {
			all = append(all, n)
		}
	}
	r.mu.Unlock()
	if o.Filter != nil {
		all = slices.DeleteFunc(all, func(n *numbered) bool { return !o.Filter(r, n.o) })
	}
	slices.SortFunc(all, func(a, b *numbered) int { return int(a.o.ID) - int(b.o.ID) })
	return all
}
