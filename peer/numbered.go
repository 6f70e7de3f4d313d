package peer

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pion/webrtc/v4"
)

// ChannelOptions describes a numbered channel, as Peerix has them: it is open
// on a connection when both ends have opened the same number, and carries
// messages as they are. Peers of other kinds do not tell when they have opened
// one: with those it is open from our side on, and they lose what they are sent
// too early.
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

	// The remote's mu guards the rest.
	ready  bool // on our side
	open   bool // at both ends
	closed bool // by us; raw is closed as soon as the other side has it too
}

// isNumbered is true of the numbers of an application's own channels.
func isNumbered(id uint16) bool {
	return id < firstAgreedID || id > controlID && id <= lastID
}

// OpenChannel opens a numbered channel with every remote, present and to come.
func (p *Peer) OpenChannel(o ChannelOptions) error {
	if !isNumbered(o.ID) {
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
		r.closeNumber(id)
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
	if n := r.numbered[o.ID]; n != nil && n.closed && r.told[o.ID] == 0 {
		n.o, n.closed = o, false // it was not closed yet
		r.mu.Unlock()
		return nil
	}
	if r.numbered[o.ID] != nil || r.ctx.Err() != nil {
		r.mu.Unlock()
		return nil // or it is being closed, and then opened again
	}
	raw, err := r.pc.CreateDataChannel(o.Label, &init)
	if err != nil {
		r.mu.Unlock()
		return fmt.Errorf("peer: channel %d: %w", o.ID, err)
	}
	n := &numbered{remote: r, o: o, raw: raw}
	r.numbered[o.ID] = n
	raw.OnOpen(n.onOpen)
	raw.OnMessage(n.onMessage)
	raw.OnError(func(err error) { r.problem(ErrorChannel, fmt.Errorf("peer: channel %d: %w", o.ID, err)) })
	raw.OnClose(n.onClose)
	r.mu.Unlock()
	r.sendControl(channelOpen{Channel: o.ID})
	return nil
}

// closeNumber closes a channel. What the other side has not made is closed
// when it does: SCTP has no way to close half a channel.
func (r *Remote) closeNumber(id uint16) {
	r.mu.Lock()
	n := r.numbered[id]
	both := n != nil && (r.told[id] > 0 || !r.tells)
	if n != nil {
		n.closed = true
	}
	r.mu.Unlock()
	if n != nil {
		n.end()
	}
	if both {
		_ = n.raw.Close()
	}
}

// tellNumbers tells the other side which channels we have opened.
func (r *Remote) tellNumbers() {
	r.mu.Lock()
	ids := slices.Sorted(maps.Keys(r.numbered))
	r.mu.Unlock()
	for _, id := range ids {
		r.sendControl(channelOpen{Channel: id})
	}
}

// toldOfNumber learns that the other side has opened a channel.
func (r *Remote) toldOfNumber(id uint16) {
	r.mu.Lock()
	r.told[id] = min(r.told[id]+1, 2) // the one that is, and one after it
	n := r.numbered[id]
	closed := n != nil && n.closed
	r.mu.Unlock()
	if closed {
		_ = n.raw.Close()
	} else if n != nil {
		n.settle()
	}
}

// settleNumbers sees which channels are open, now that the other side has said
// whether it tells.
func (r *Remote) settleNumbers() {
	r.mu.Lock()
	all := slices.Collect(maps.Values(r.numbered))
	r.mu.Unlock()
	for _, n := range all {
		n.settle()
	}
}

func (n *numbered) onOpen() {
	n.remote.mu.Lock()
	n.ready = true
	n.remote.mu.Unlock()
	n.settle()
}

// settle tells the application of the channel once it is open at both ends.
func (n *numbered) settle() {
	r := n.remote
	r.mu.Lock()
	opens := n.ready && !n.open && !n.closed && (r.told[n.o.ID] > 0 || !r.tells)
	n.open = n.open || opens
	o := n.o
	r.mu.Unlock()
	if opens {
		Emit(r.peer, ChannelOpened{r, o})
	}
}

func (n *numbered) onMessage(m webrtc.DataChannelMessage) {
	r := n.remote
	r.mu.Lock()
	closed, o := n.closed, n.o
	r.mu.Unlock()
	if !closed {
		Emit(r.peer, ChannelMessage{r, o, m.Data, m.IsString})
	}
}

// end tells the application that the channel is no longer open.
func (n *numbered) end() {
	r := n.remote
	r.mu.Lock()
	was, o := n.open, n.o
	n.open = false
	r.mu.Unlock()
	if was {
		Emit(r.peer, ChannelClosed{r, o})
	}
}

// onClose is called when both ends have closed the channel. One that we want
// nonetheless, or again, is made anew, and is open when the other side's is.
func (n *numbered) onClose() {
	r := n.remote
	n.end()
	r.mu.Lock()
	id := n.o.ID
	if r.numbered[id] == n {
		delete(r.numbered, id)
		r.told[id] = max(r.told[id]-1, 0)
	}
	anew := n.closed || r.tells
	r.mu.Unlock()
	r.peer.mu.Lock()
	o, again := r.peer.channels[id]
	r.peer.mu.Unlock()
	if !anew || !again {
		return
	}
	if err := r.openNumber(o); err != nil {
		r.problem(ErrorChannel, err)
	}
}
