package visit

import (
	"context"
	"encoding/json"
	"time"
)

// goodbyeWithin is how long a visitor has to take our last words.
const goodbyeWithin = time.Second

// MediaConnection is a visitor's call.
type MediaConnection interface {
	// RemoteID is the visitor's.
	RemoteID() string
	// Metadata is what the visitor says: JSON, or nil.
	Metadata() json.RawMessage
	// Viewer is what the call is named at the stream.
	Viewer() string
	// Refuse hangs up.
	Refuse()
}

// DataConnection is a visitor's. It has more than four methods, since it is what
// the data connections of all systems are.
type DataConnection interface {
	// RemoteID is the visitor's.
	RemoteID() string
	// ID is the connection's own.
	ID() string
	// Label is what the connection is for, as the visitor says.
	Label() string
	// Metadata is what else it says: JSON, or nil.
	Metadata() json.RawMessage
	// Receive waits for the next value.
	Receive(ctx context.Context) (any, error)
	// Send sends a value.
	Send(ctx context.Context, v any) error
	// Refuse tells the reason and hangs up.
	Refuse(reason any)
}

// Call decides about a call, and does not wait. Who may watch is a viewer of the
// stream while serve runs in a goroutine, which is to answer it, and to return
// when the call ends or the context of Run is done. Then hangUp is called.
func (d *Desk) Call(m MediaConnection, serve func(ctx context.Context), hangUp func()) {
	err := d.check(m.RemoteID(), m.Metadata(), false)
	if err == nil {
		err = d.serve(func(ctx context.Context) {
			defer hangUp()
			if leave, ok := d.watch(m.Viewer()); ok {
				defer leave()
				serve(ctx)
			}
		})
	}
	if err != nil {
		m.Refuse()
	}
}

// Input decides about a data connection, and does not wait. What comes from who
// may use the stream is injected until the connection ends, or what comes is no
// input. Then hangUp is called. text says that the connection carries no objects,
// so that the reason of a refusal is told as JSON.
func (d *Desk) Input(c DataConnection, text bool, hangUp func()) {
	err := d.check(c.RemoteID(), c.Metadata(), true)
	if err == nil && c.Label() != InputLabel {
		err = errLabel
	}
	if err == nil {
		err = d.serve(func(ctx context.Context) {
			defer hangUp()
			if err := d.inject(ctx, c.RemoteID()+"/"+c.ID(), c.Receive); err != nil {
				d.dismiss(ctx, c, reason(err, text))
			}
		})
	}
	if err != nil {
		c.Refuse(reason(err, text))
	}
}

// dismiss tells a visitor why its connection ends.
func (d *Desk) dismiss(ctx context.Context, c DataConnection, why any) {
	ctx, cancel := context.WithTimeout(ctx, goodbyeWithin)
	defer cancel()
	if err := c.Send(ctx, why); err != nil {
		d.log.Debug("a visitor was not told", "peer", c.RemoteID(), "err", err)
	}
}
