package peer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/channel"
)

// maxLabel bounds the label of a data channel in bytes.
const maxLabel = 128

// DataChannel is a named channel of a Remote, for what an application has to
// say: messages of up to 16 MiB, and requests that are answered. See
// [channel.Channel] for its methods.
type DataChannel struct {
	*channel.Channel
	remote *Remote
	raw    *webrtc.DataChannel
	// opened is closed when both sides have made the channel, or it has
	// failed.
	opened    chan struct{}
	failed    error // set before opened is closed
	abandoned bool  // nobody waits for opened; guarded by the remote's mu
}

// CreateDataChannel opens a channel of that label, of which there is one at a
// time on a connection, and returns it once the other side has it too. The
// error is a [*Reject] when that refuses. It serves while the Remote is
// connected.
func (r *Remote) CreateDataChannel(ctx context.Context, label string, mode channel.Mode) (*DataChannel, error) {
	if mode == "" {
		mode = channel.Reliable
	}
	if label == "" || len(label) > maxLabel || mode != channel.Reliable && mode != channel.Unreliable {
		return nil, fmt.Errorf("peer: no data channel can be called %.160q with mode %.40q", label, mode)
	}
	select {
	case <-r.greeted:
	case <-r.ctx.Done():
		return nil, fmt.Errorf("peer: data channel %s: %w", label, r.Err())
	case <-ctx.Done():
		return nil, fmt.Errorf("peer: data channel %s: the other side has not said hello: %w", label, ctx.Err())
	}
	raw, err := r.openNext(label, mode)
	if err != nil {
		return nil, fmt.Errorf("peer: data channel %s: %w", label, err)
	}
	c, err := r.addNamed(raw, label, mode)
	if err != nil {
		r.keep(raw, mode)
		return nil, err
	}
	r.sendControl(channelAsk{Channel: *raw.ID(), Label: label, Mode: string(mode)})
	select {
	case <-c.opened:
		err = c.failed
	case <-r.ctx.Done():
		err = r.Err()
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		r.abandon(c)
		return nil, fmt.Errorf("peer: data channel %s: %w", label, err)
	}
	return c, nil
}

// abandon gives up a channel that was asked for. While the other side has not
// answered, it cannot be closed, as there is nothing at the other end that
// would notice: then that is done when it answers.
func (r *Remote) abandon(c *DataChannel) {
	r.mu.Lock()
	c.abandoned = true
	r.mu.Unlock()
	select {
	case <-c.opened:
		if c.failed == nil {
			_ = c.Close()
		}
	default:
	}
}

// addNamed makes the channel over raw known.
func (r *Remote) addNamed(raw *webrtc.DataChannel, label string, mode channel.Mode) (*DataChannel, error) {
	c := &DataChannel{
		Channel: channel.New(raw, channel.Options{Label: label, Mode: mode, Budget: r.budget}),
		remote:  r, raw: raw, opened: make(chan struct{}),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.named[label] != nil {
		return nil, &Reject{Code: CodeTaken, Message: fmt.Sprintf("there is a data channel %q already", label)}
	}
	r.named[label] = c
	raw.OnMessage(func(m webrtc.DataChannelMessage) { c.Receive(m.Data) })
	raw.OnClose(func() {
		r.freeID(*raw.ID())
		c.closed(errors.New("the other side closed it"))
	})
	return c, nil
}

// Remote is the other end.
func (c *DataChannel) Remote() *Remote { return c.remote }

// closed is called when the channel has ended, for whatever reason.
func (c *DataChannel) closed(why error) {
	r := c.remote
	r.mu.Lock()
	if r.named[c.Label()] == c {
		delete(r.named, c.Label())
	}
	r.mu.Unlock()
	c.Closed(fmt.Errorf("%w: %w", why, net.ErrClosed))
}

// DataChannels are the named channels that there are, by label.
func (r *Remote) DataChannels() map[string]*DataChannel {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.named)
}

// onChannelAsk makes a channel that the other side has made.
func (r *Remote) onChannelAsk(m channelAsk) {
	mode := channel.Mode(m.Mode)
	refuse := func(code, message string) {
		r.sendControl(channelRefuse{Channel: m.Channel, Code: code, Message: message})
	}
	r.mu.Lock()
	_, taken := r.named[m.Label]
	r.mu.Unlock()
	switch {
	case m.Label == "" || len(m.Label) > maxLabel || mode != channel.Reliable && mode != channel.Unreliable:
		refuse(CodeRejected, "no channel is called so, or no mode")
		return
	case taken:
		refuse(CodeTaken, "there is one of that label")
		return
	}
	raw, err := r.openTheirs(m.Channel, m.Label, mode)
	if err != nil {
		refuse(CodeLimit, "this id is in use, or not yours to give out")
		return
	}
	c, err := r.addNamed(raw, m.Label, mode)
	if err != nil {
		_ = raw.Close()
		refuse(CodeTaken, "there is one of that label")
		return
	}
	close(c.opened)
	r.sendControl(channelOpen{Channel: m.Channel})
	Emit(r.peer, DataChannelOpened{r, c})
}

// asking is the named channel with an id of ours that the other side has not
// answered for, or nil.
func (r *Remote) asking(id uint16) *DataChannel {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ids.ours(id) {
		return nil
	}
	for _, c := range r.named {
		if *c.raw.ID() != id {
			continue
		}
		select {
		case <-c.opened:
		default:
			return c
		}
	}
	return nil
}

func (r *Remote) onChannelOpen(m channelOpen) {
	if isNumbered(m.Channel) {
		r.toldOfNumber(m.Channel)
		return
	}
	c := r.asking(m.Channel)
	if c == nil {
		return
	}
	close(c.opened)
	r.mu.Lock()
	abandoned := c.abandoned
	r.mu.Unlock()
	if abandoned {
		_ = c.Close()
	}
}

// onChannelRefuse ends a channel that the other side has not made.
func (r *Remote) onChannelRefuse(m channelRefuse) {
	c := r.asking(m.Channel)
	if c == nil {
		return
	}
	c.failed = &Reject{Code: m.Code, Message: m.Message}
	c.closed(c.failed)
	_ = c.Close() // of c alone, as c has ended
	r.keep(c.raw, c.Mode())
	close(c.opened)
}

// keep puts aside what we made of a channel that the other side has not made:
// SCTP has no way to close half of one, so it serves the next.
func (r *Remote) keep(raw *webrtc.DataChannel, mode channel.Mode) {
	raw.OnMessage(func(webrtc.DataChannelMessage) {})
	raw.OnClose(func() { r.freeID(*raw.ID()) })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spare[mode] = append(r.spare[mode], raw)
}
