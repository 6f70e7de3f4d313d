package peerjs

import (
	"context"
	"errors"
	"fmt"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/calls"
	"github.com/causeway-rtc/causeway/peer/values"
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
	pipe          *values.Pipe
	channel       *calls.Data
}

func newData(c *Connection, label, serialization string, reliable bool, newSerializer func(SerializerOptions) Serializer) *DataConnection {
	if label == "" {
		label = c.life.ID
	}
	d := &DataConnection{Connection: c, label: label, serialization: serialization, reliable: reliable}
	d.serializer = newSerializer(SerializerOptions{MaxValue: c.p.o.MaxValue, Legacy: c.legacy.Load})
	d.pipe = values.NewPipe(c.life.Context(), d.serializer, c.p.o.MaxValue)
	d.channel = calls.NewData(c.life, d.pipe, c.open)
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
func (d *DataConnection) Refuse(reason any) { d.life.Refuse(reason) }

// prepare makes the channel, or waits for the other peer's.
func (d *DataConnection) prepare(pc *webrtc.PeerConnection) error {
	pc.OnDataChannel(d.channel.Use)
	if !d.life.Outbound {
		return nil
	}
	channel, err := pc.CreateDataChannel(d.label, &webrtc.DataChannelInit{Ordered: &d.reliable})
	if err != nil {
		return err
	}
	d.channel.Use(channel)
	return nil
}

// Receive returns the next value, whose type is that of the serialization. It
// waits for one; after the end it returns what has come before, and then an
// error that is [Connection.Err].
func (d *DataConnection) Receive(ctx context.Context) (any, error) {
	return d.pipe.Receive(ctx)
}

// Send sends a value, and waits while too much is on its way, or another value
// is being sent. A value that is given up half-way because ctx is done stays
// half in the other peer's memory. The error is [NotOpenYet], [MessageTooBig],
// one that wraps [errors.ErrUnsupported] for a value that the serialization
// does not carry, that of ctx, or [net.ErrClosed].
func (d *DataConnection) Send(ctx context.Context, v any) error {
	if !d.life.Opened() {
		return &Error{Type: NotOpenYet, Message: "the connection is not open yet"}
	}
	err := d.pipe.Send(ctx, v)
	switch {
	case errors.Is(err, values.ErrTooLong):
		return &Error{Type: MessageTooBig, Message: "a value has a long message", Err: err}
	case err != nil && ctx.Err() == nil:
		return fmt.Errorf("peerjs: send: %w", err)
	}
	return err
}

// BufferSize is how many values wait in Send.
func (d *DataConnection) BufferSize() int { return d.pipe.Waiting() }

// BufferedAmount is how many bytes were sent that the network has not taken.
func (d *DataConnection) BufferedAmount() int { return d.pipe.Buffered() }

// CloseFlush asks the other peer to close once it has all that was sent, and
// waits until it does: the original's close({flush: true}). A serialization
// that cannot ask closes when the network has taken everything.
func (d *DataConnection) CloseFlush(ctx context.Context) error {
	frames := d.serializer.Goodbye()
	if frames == nil || !d.Open() {
		return d.Close()
	}
	if err := d.pipe.Write(ctx, frames); err != nil {
		return fmt.Errorf("peerjs: close: %w", err)
	}
	select {
	case <-d.Done():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
