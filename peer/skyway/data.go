package skyway

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
	// Serialization is one of those of this package. Empty means Binary.
	Serialization string
	// DCInit is how its channel carries messages.
	DCInit DCInit
}

// DataConnection carries values.
type DataConnection struct {
	*Connection
	label         string
	serialization string
	init          *DCInit
	pipe          *values.Pipe
	channel       *calls.Data
}

func newData(c *Connection, label, serialization string, init *DCInit, s values.Serializer) *DataConnection {
	if label == "" {
		label = c.life.ID
	}
	d := &DataConnection{Connection: c, label: label, serialization: serialization, init: init}
	d.pipe = values.NewPipe(c.life.Context(), s, c.p.o.MaxValue)
	d.channel = calls.NewData(c.life, d.pipe, c.open)
	return d
}

// Connect opens a data connection to another peer and waits until it is open,
// once the server knows us. The error is [Disconnected] when we have left the
// server, and [PeerUnavailable] when nobody has that id, if the server says so.
func (p *Peer) Connect(ctx context.Context, id string, o ConnectOptions) (*DataConnection, error) {
	if o.Serialization == "" || o.DCInit.unreliable() {
		o.Serialization = Binary
	}
	serializer := newSerializer(o.Serialization, p.o.MaxValue)
	if serializer == nil {
		return nil, fmt.Errorf("skyway: %w: the serialization %q", errors.ErrUnsupported, o.Serialization)
	}
	c, err := p.outbound(ctx, Data, id, "dc_"+random(16), o.Metadata)
	if err != nil {
		return nil, err
	}
	c.data = newData(c, o.Label, o.Serialization, &o.DCInit, serializer)
	if err := p.begin(ctx, c); err != nil {
		return nil, err
	}
	return c.data, nil
}

// describe says in an offer what the connection is.
func (d *DataConnection) describe(m *signal) {
	m.Label, m.Serialization, m.DCInit = d.label, d.serialization, d.init
}

// Label is the name that its maker has given it.
func (d *DataConnection) Label() string { return d.label }

// Serialization is how values are written.
func (d *DataConnection) Serialization() string { return d.serialization }

// DCInit is how the channel carries messages, as its maker says.
func (d *DataConnection) DCInit() DCInit {
	if d.init == nil {
		return DCInit{}
	}
	return *d.init
}

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
	init := &webrtc.DataChannelInit{
		Ordered: d.init.Ordered, MaxPacketLifeTime: d.init.MaxPacketLifeTime, MaxRetransmits: d.init.MaxRetransmits,
	}
	if d.init.Protocol != "" {
		init.Protocol = &d.init.Protocol
	}
	channel, err := pc.CreateDataChannel(d.label, init)
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
		return fmt.Errorf("skyway: send: %w", err)
	}
	return err
}

// BufferedAmount is how many bytes were sent that the network has not taken.
func (d *DataConnection) BufferedAmount() int { return d.pipe.Buffered() }

// hangUp closes the data channel, if somebody is at it.
func (d *DataConnection) hangUp(cause error) {
	if _, failed := errors.AsType[*Error](cause); !failed && d.life.Answered() {
		d.channel.HangUp()
	}
}
