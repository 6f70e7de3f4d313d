package peer

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

// ChannelOptions describes a numbered channel, as Peerix has them: it is open
// on a connection when both ends have opened the same number, and carries
// messages as they are.
type ChannelOptions struct {
	// ID is 0 to 127, or 256 to 1022; the rest are our own, or a browser's
	// limit.
	ID uint16
	// Label and Protocol are for people and for filters.
	Label, Protocol string
	// Unordered lets messages overtake each other.
	Unordered bool
	// MaxRetransmits and MaxPacketLifeTime bound how often and how long a
	// message is sent again; one of them at most. Nil and zero mean always.
	MaxRetransmits    *uint16
	MaxPacketLifeTime time.Duration
	// Filter says with which remotes. Nil means all.
	Filter func(*Remote) bool
}

// numbered is a numbered channel of one remote.
type numbered struct {
	remote *Remote
	o      ChannelOptions
	raw    *webrtc.DataChannel
	once   sync.Once
	open   bool // guarded by the remote's mu
}

// OpenChannel opens a numbered channel with every remote, present and to come.
func (p *Peer) OpenChannel(o ChannelOptions) error {
	if o.ID >= firstAgreedID && o.ID <= controlID || o.ID > lastID {
		return fmt.Errorf("peer: channel %d: an application's channels are 0 to %d and %d to %d", o.ID, firstAgreedID-1, controlID+1, lastID)
	}
	if o.MaxRetransmits != nil && o.MaxPacketLifeTime != 0 {
		return fmt.Errorf("peer: channel %d: MaxRetransmits and MaxPacketLifeTime exclude each other (W3C WebRTC §6.1)", o.ID)
	}
	p.mu.Lock()
	if _, ok := p.channels[o.ID]; ok {
		p.mu.Unlock()
		return fmt.Errorf("peer: channel %d is open already", o.ID)
	}
	p.channels[o.ID] = o
	remotes := p.everyRemote()
	p.mu.Unlock()
	var errs []error
	for _, r := range remotes {
		errs = append(errs, r.openNumber(o))
	}
	return errors.Join(errs...)
}

// CloseChannel closes a numbered channel everywhere. One that is not open is
// no error.
func (p *Peer) CloseChannel(id uint16) {
	p.mu.Lock()
	delete(p.channels, id)
	remotes := p.everyRemote()
	p.mu.Unlock()
	for _, r := range remotes {
		r.mu.Lock()
		n := r.numbered[id]
		r.mu.Unlock()
		if n != nil {
			_ = n.raw.Close()
			n.closed()
		}
	}
}

// Channels are the numbered channels that were opened, by number.
func (p *Peer) Channels() []ChannelOptions {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []ChannelOptions
	for _, o := range p.channels {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b ChannelOptions) int { return int(a.ID) - int(b.ID) })
	return all
}

// openNumbered opens all that the peer has.
func (r *Remote) openNumbered() {
	for _, o := range r.peer.Channels() {
		if err := r.openNumber(o); err != nil {
			r.problem(ErrorChannel, err)
		}
	}
}

func (r *Remote) openNumber(o ChannelOptions) error {
	if o.Filter != nil && !o.Filter(r) {
		return nil
	}
	init := webrtc.DataChannelInit{Negotiated: new(true), ID: &o.ID, Ordered: new(!o.Unordered), MaxRetransmits: o.MaxRetransmits}
	if o.MaxPacketLifeTime != 0 {
		init.MaxPacketLifeTime = new(uint16(o.MaxPacketLifeTime.Milliseconds()))
	}
	if o.Protocol != "" {
		init.Protocol = &o.Protocol
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.numbered[o.ID] != nil || r.ctx.Err() != nil {
		return nil
	}
	raw, err := r.pc.CreateDataChannel(o.Label, &init)
	if err != nil {
		return fmt.Errorf("peer: channel %d: %w", o.ID, err)
	}
	n := &numbered{remote: r, o: o, raw: raw}
	r.numbered[o.ID] = n
	raw.OnOpen(n.opened)
	raw.OnMessage(func(m webrtc.DataChannelMessage) {
		Emit(r.peer, ChannelMessage{r, o, m.Data, m.IsString})
	})
	raw.OnError(func(err error) { r.problem(ErrorChannel, fmt.Errorf("peer: channel %d: %w", o.ID, err)) })
	raw.OnClose(n.closed)
	return nil
}

func (n *numbered) opened() {
	n.remote.mu.Lock()
	n.open = true
	n.remote.mu.Unlock()
	Emit(n.remote.peer, ChannelOpened{n.remote, n.o})
}

// closed is called when the channel has ended, for whatever reason.
func (n *numbered) closed() {
	n.once.Do(func() {
		r := n.remote
		r.mu.Lock()
		open := n.open
		if r.numbered[n.o.ID] == n {
			delete(r.numbered, n.o.ID)
		}
		r.mu.Unlock()
		if open {
			Emit(r.peer, ChannelClosed{r, n.o})
		}
	})
}

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
