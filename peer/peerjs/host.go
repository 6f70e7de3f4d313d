package peerjs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/causeway-rtc/causeway/peer/auth"
	"github.com/causeway-rtc/causeway/peer/visit"
	"github.com/causeway-rtc/causeway/streams"
)

// InputLabel is the label of the data connections that carry input, in the form
// of input/PROTOCOL.md: each value is the bytes of one message. Pointer motion
// goes on the same connection.
const InputLabel = visit.InputLabel

// HostOptions says what a [Host] gives to whom. Peer, Stream and Verify are
// required.
type HostOptions struct {
	// Peer is called, and calls back. It stays the caller's to run.
	Peer *Peer
	// Stream is what callers see and hear, and use.
	Stream *streams.Stream
	// Verify decides who may: it sees each call and each data connection, and
	// returns nil, or why not. It is called from the goroutine of Peer.Run and
	// must not block. See [VerifyToken].
	Verify func(Visit) error
	// Addr is the address of a peer, or empty when it is not known, for Verify.
	// Nil means that it never is.
	Addr func(id string) string
	// Log receives a line for each visit. Nil discards.
	Log *slog.Logger
}

// Visit is the call or the data connection of another peer.
type Visit = visit.Visit

// VerifyToken is a [HostOptions.Verify] that lets in who has the token.
func VerifyToken(g *auth.Guard) func(Visit) error { return visit.VerifyToken(g) }

// Host lets other peers watch and use a stream.
//
// A call is answered with the picture and the sound of the stream. A page
// whose offer has no line for one of them is called back with what is missing;
// that call ends with its own. A data connection labelled [InputLabel] carries
// what the page's person does. Who is refused is closed: on a data connection
// the reason comes first, {error, message} or as JSON text.
type Host struct {
	o    HostOptions
	log  *slog.Logger
	desk *visit.Desk
}

// NewHost makes a host, for as long as there is the peer. It refuses everybody
// until Run, and after.
func NewHost(o HostOptions) (*Host, error) {
	if o.Peer == nil {
		return nil, errors.New("peerjs: a host needs a peer")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	desk, err := visit.New(visit.Options{Stream: o.Stream, Verify: o.Verify, Addr: o.Addr, Log: o.Log})
	if err != nil {
		return nil, fmt.Errorf("peerjs: %w", err)
	}
	h := &Host{o: o, log: o.Log, desk: desk}
	On(o.Peer, func(e Incoming) {
		d := e.Connection
		text := d.Serialization() == Raw || d.Serialization() == None
		desk.Input(d, text, func() { _ = d.Close() })
	})
	On(o.Peer, func(e Called) {
		m := e.Call
		desk.Call(m, func(ctx context.Context) { h.call(ctx, m) }, func() { _ = m.Close() })
	})
	return h, nil
}

// The waits between two tries to reach the server again.
const (
	retryLeast = time.Second
	retryMost  = 30 * time.Second
)

// Run answers until ctx is done or the peer is destroyed. It has the peer
// reconnect when it has lost its server. What it serves has ended when it
// returns.
func (h *Host) Run(ctx context.Context) error {
	return h.desk.Run(ctx, h.stayConnected)
}

// stayConnected reconnects until ctx is done or the peer is destroyed.
func (h *Host) stayConnected(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	left := make(chan struct{}, 1)
	defer On(h.o.Peer, func(Destroyed) { cancel() })()
	defer On(h.o.Peer, func(Left) {
		select {
		case left <- struct{}{}:
		default:
		}
	})()
	wait := retryLeast
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-left:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		if wait = min(2*wait, retryMost); h.o.Peer.Reconnect() != nil {
			continue // it is destroyed
		}
		opened, stop := context.WithTimeout(ctx, retryMost)
		if h.o.Peer.WaitOpen(opened) == nil {
			wait = retryLeast
		}
		stop()
	}
}

// call answers with what the caller takes, and calls back with the rest.
func (h *Host) call(ctx context.Context, m *MediaConnection) {
	if err := m.Answer(CallOptions{Tracks: h.desk.Tracks(), SendOnly: true}); err != nil {
		h.log.Debug("a call was not answered", "peer", m.RemoteID(), "err", err)
		return
	}
	missing := h.desk.Missing(m.Takes())
	h.log.Info("a visitor watches", "peer", m.RemoteID(), "called back", len(missing))
	if len(missing) > 0 {
		h.callBack(ctx, m, missing)
	}
	select {
	case <-ctx.Done():
	case <-m.Done():
	}
}

// callBack sends what the caller's offer had no line for, until that call, or
// ours, ends.
func (h *Host) callBack(ctx context.Context, m *MediaConnection, tracks []*streams.Track) {
	ring, cancel := context.WithTimeout(ctx, h.o.Peer.o.RingTimeout)
	defer cancel()
	stop := context.AfterFunc(m.life.Context(), cancel)
	defer stop()
	back, err := h.o.Peer.Call(ring, m.RemoteID(), CallOptions{
		Tracks: tracks, SendOnly: true, Metadata: map[string]any{"stream": h.o.Stream.Name(), "of": m.ID()},
	})
	if err != nil {
		h.log.Warn("a visitor did not answer", "peer", m.RemoteID(), "err", err)
		return
	}
	defer back.Close()
	select {
	case <-ctx.Done():
	case <-m.Done():
	case <-back.Done():
	}
}
