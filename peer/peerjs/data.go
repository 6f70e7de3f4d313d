package peerjs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"
)

const (
	// maxFrame is the longest message that is sent or taken on a data channel,
	// in bytes, which is what browsers take.
	maxFrame = 256 << 10
	// maxBuffered is how much may wait for the network before a sender waits,
	// in bytes, and lowBuffered how much is left when it goes on.
	maxBuffered = 8 << 20
	lowBuffered = maxBuffered / 2
	// bufferPoll is how often a sender looks, whatever it is told.
	bufferPoll = 50 * time.Millisecond
)

// ConnectOptions says what a data connection is.
type ConnectOptions struct {
	// Label names it. Empty means its id.
	Label string
	// Metadata goes with the offer, as JSON; the server sees it. Nil is none.
	Metadata any
	// Serialization is one of those of [Peer]. Empty means Binary.
	Serialization string
	// Reliable keeps values in order. Without it they may overtake each other;
	// none is lost, since the original never asks for that.
	Reliable bool
}

// DataConnection carries values.
type DataConnection struct {
	*Connection
	label         string
	serialization string
	reliable      bool
	serializer    Serializer
	received      queue
	pending       int           // bytes since the last whole value; of the reader
	sending       chan struct{} // held by who sends
	waiting       atomic.Int64
	low           chan struct{} // capacity one
}

func newData(c *Connection, label, serialization string, reliable bool, newSerializer func(SerializerOptions) Serializer) *DataConnection {
	if label == "" {
		label = c.id
	}
	d := &DataConnection{
		Connection: c, label: label, serialization: serialization, reliable: reliable,
		sending: make(chan struct{}, 1), low: make(chan struct{}, 1),
	}
	d.serializer = newSerializer(SerializerOptions{MaxValue: c.p.o.MaxValue, Legacy: c.legacy.Load})
	d.received.init(c.p.o.MaxValue)
	return d
}

// Connect opens a data connection to another peer and waits until it is open,
// once the server knows us. The error is [PeerUnavailable] when nobody has that
// id, [Disconnected] when we have left the server.
func (p *Peer) Connect(ctx context.Context, id string, o ConnectOptions) (*DataConnection, error) {
	if o.Serialization == "" {
		o.Serialization = Binary
	}
	serializer := p.serializers[o.Serialization]
	if serializer == nil {
		return nil, fmt.Errorf("peerjs: %w: the serialization %q", errors.ErrUnsupported, o.Serialization)
	}
	c, err := p.outbound(ctx, Data, id, randomID("dc_"), o.Metadata)
	if err != nil {
		return nil, err
	}
	c.data = newData(c, o.Label, o.Serialization, o.Reliable || o.Serialization == MsgPack, serializer)
	if err := p.begin(ctx, c); err != nil {
		return nil, err
	}
	return c.data, nil
}

// describe says in an offer what the connection is.
func (d *DataConnection) describe(v *payload) {
	v.Label, v.Serialization, v.Reliable = d.label, d.serialization, &d.reliable
	if d.serialization == None {
		v.Serialization = Raw // a stock 1.5 throws an error upon the old name
	}
}

// Label is the name that its maker has given it.
func (d *DataConnection) Label() string { return d.label }

// Serialization is how values are written.
func (d *DataConnection) Serialization() string { return d.serialization }

// Reliable is true when values stay in order.
func (d *DataConnection) Reliable() bool { return d.reliable }

// Refuse is for a listener to [Incoming]: the connection is made, reason is
// sent, and it is closed. A reason that the serialization does not carry is
// left out. Afterwards it does nothing.
func (d *DataConnection) Refuse(reason any) { d.setRefusal(reason) }

// prepare makes the channel, or waits for the other peer's.
func (d *DataConnection) prepare(pc *webrtc.PeerConnection) error {
	pc.OnDataChannel(d.use)
	if !d.outbound {
		return nil
	}
	channel, err := pc.CreateDataChannel(d.label, &webrtc.DataChannelInit{Ordered: &d.reliable})
	if err != nil {
		return err
	}
	d.use(channel)
	return nil
}

func (d *DataConnection) use(channel *webrtc.DataChannel) {
	channel.SetBufferedAmountLowThreshold(lowBuffered)
	channel.OnBufferedAmountLow(func() { wake(d.low) })
	if d.adopt(channel, d.onOpen) {
		channel.OnMessage(d.onMessage)
	}
}

func (d *DataConnection) onOpen() {
	d.open()
	if r := d.refused(); r != nil {
		d.wg.Go(func() {
			ctx, cancel := context.WithTimeout(d.ctx, goodbyeWithin)
			defer cancel()
			if err := d.Send(ctx, r.reason); err != nil {
				d.log.Debug("a refused peer was not told why", "err", err)
			}
			d.cancel(ErrRefused)
		})
	}
}

// onMessage waits while the application has not taken what came before, and
// with it the other peer.
func (d *DataConnection) onMessage(m webrtc.DataChannelMessage) {
	if d.ctx.Err() != nil || d.refused() != nil {
		return
	}
	d.open() // the event of that may come later
	d.pending += len(m.Data)
	values, err := d.serializer.Unpack(Frame{Data: m.Data, Text: m.IsString})
	for _, v := range values {
		if !d.received.push(d.ctx, v, d.pending) {
			return
		}
		d.pending = 0
	}
	if errors.Is(err, ErrHungUp) {
		d.cancel(ErrHungUp)
	} else if err != nil {
		d.cancel(fmt.Errorf("peerjs: what %q sends: %w", d.remote, err))
	}
}

// Receive returns the next value, whose type is that of the serialization. It
// waits for one; after the end it returns what has come before, and then an
// error that is [Connection.Err].
func (d *DataConnection) Receive(ctx context.Context) (any, error) {
	return d.received.pop(ctx, d.Connection)
}

// Send sends a value, and waits while too much is on its way, or another value
// is being sent. A value that is given up half-way because ctx is done stays
// half in the other peer's memory. The error is [NotOpenYet], [MessageTooBig],
// one that wraps [errors.ErrUnsupported] for a value that the serialization
// does not carry, that of ctx, or [net.ErrClosed].
func (d *DataConnection) Send(ctx context.Context, v any) error {
	select {
	case <-d.opened:
	default:
		return &Error{Type: NotOpenYet, Message: "the connection is not open yet"}
	}
	d.waiting.Add(1)
	defer d.waiting.Add(-1)
	if err := d.lock(ctx); err != nil {
		return err
	}
	defer func() { <-d.sending }()
	frames, err := d.serializer.Pack(v)
	if err != nil {
		return fmt.Errorf("peerjs: send: %w", err)
	}
	return d.write(ctx, frames)
}

func (d *DataConnection) lock(ctx context.Context) error {
	select {
	case d.sending <- struct{}{}:
		return nil
	case <-d.ctx.Done():
		return fmt.Errorf("peerjs: send: %w", net.ErrClosed)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *DataConnection) write(ctx context.Context, frames []Frame) error {
	d.mu.Lock()
	channel := d.channel
	d.mu.Unlock()
	for _, f := range frames {
		if len(f.Data) > maxFrame {
			return &Error{Type: MessageTooBig, Message: fmt.Sprintf("a message of %d bytes; the limit is %d", len(f.Data), maxFrame)}
		}
		if err := d.drain(ctx, channel); err != nil {
			return err
		}
		send := channel.Send
		if f.Text {
			send = func(b []byte) error { return channel.SendText(string(b)) }
		}
		if err := send(f.Data); err != nil {
			if d.ctx.Err() != nil {
				err = net.ErrClosed
			}
			return fmt.Errorf("peerjs: send: %w", err)
		}
	}
	return nil
}

// drain waits until there is room in the channel's buffer.
func (d *DataConnection) drain(ctx context.Context, channel *webrtc.DataChannel) error {
	if d.ctx.Err() != nil {
		return fmt.Errorf("peerjs: send: %w", net.ErrClosed)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if channel.BufferedAmount() <= maxBuffered {
		return nil
	}
	poll := time.NewTicker(bufferPoll)
	defer poll.Stop()
	for channel.BufferedAmount() > lowBuffered {
		select {
		case <-d.low:
		case <-poll.C:
		case <-d.ctx.Done():
			return fmt.Errorf("peerjs: send: %w", net.ErrClosed)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// BufferSize is how many values wait in Send.
func (d *DataConnection) BufferSize() int { return int(d.waiting.Load()) }

// BufferedAmount is how many bytes were sent that the network has not taken.
func (d *DataConnection) BufferedAmount() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.channel == nil {
		return 0
	}
	return int(d.channel.BufferedAmount())
}

// CloseFlush asks the other peer to close once it has all that was sent, and
// waits until it does: the original's close({flush: true}). A serialization
// that cannot ask closes when the network has taken everything.
func (d *DataConnection) CloseFlush(ctx context.Context) error {
	frames := d.serializer.Goodbye()
	if frames == nil || !d.Open() {
		return d.Close()
	}
	if err := d.lock(ctx); err != nil {
		return err
	}
	err := d.write(ctx, frames)
	<-d.sending
	if err != nil {
		return err
	}
	select {
	case <-d.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
