package skyway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
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
	// Peer is called, and joins rooms. It stays the caller's to run.
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
	// Rooms are joined, and their members see and hear the stream, whoever they
	// are: the server has let them in.
	Rooms []HostRoom
	// Log receives a line for each visit. Nil discards.
	Log *slog.Logger
}

// HostRoom is a room that a [Host] joins.
type HostRoom struct {
	Name string
	Mode RoomMode
	// Publish gives the stream to an SFU in this process, until stop is called.
	// Nil means that it is sent to the SFU as any member does.
	Publish func() (stop func(), err error)
}

// Visit is the call or the data connection of another peer.
type Visit = visit.Visit

// VerifyToken is a [HostOptions.Verify] that lets in who has the token.
func VerifyToken(g *auth.Guard) func(Visit) error { return visit.VerifyToken(g) }

// Host lets other peers watch and use a stream.
//
// A call is answered with what it takes of the picture and the sound of the
// stream. A data connection labelled [InputLabel] carries what a page's person
// does, also in a room, since what is sent to a room all its members see, and
// the token with it. Who is refused is closed: on a data connection the reason
// comes first, {error, message} or as text.
type Host struct {
	o    HostOptions
	log  *slog.Logger
	desk *visit.Desk
}

// NewHost makes a host, for as long as there is the peer. It refuses everybody
// until Run, and after.
func NewHost(o HostOptions) (*Host, error) {
	if o.Peer == nil {
		return nil, errors.New("skyway: a host needs a peer")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	desk, err := visit.New(visit.Options{Stream: o.Stream, Verify: o.Verify, Addr: o.Addr, Log: o.Log})
	if err != nil {
		return nil, fmt.Errorf("skyway: %w", err)
	}
	h := &Host{o: o, log: o.Log, desk: desk}
	On(o.Peer, func(e Incoming) {
		d := e.Connection
		desk.Input(d, d.Serialization() == None, func() { _ = d.Close(true) })
	})
	On(o.Peer, func(e Called) {
		m := e.Call
		desk.Call(m, func(ctx context.Context) { h.call(ctx, m) }, func() { _ = m.Close(true) })
	})
	return h, nil
}

// Run answers, and is in its rooms, until ctx is done or the peer is destroyed.
// What it serves has ended when it returns.
func (h *Host) Run(ctx context.Context) error {
	return h.desk.Run(ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer On(h.o.Peer, func(Destroyed) { cancel() })()
		var wg sync.WaitGroup
		for _, room := range h.o.Rooms {
			wg.Go(func() { h.stayIn(ctx, room) })
		}
		<-ctx.Done()
		wg.Wait()
		return nil
	})
}

// stayIn is in a room until ctx is done.
func (h *Host) stayIn(ctx context.Context, in HostRoom) {
	for wait := retryLeast; ctx.Err() == nil; wait = min(2*wait, retryMost) {
		if err := h.visitRoom(ctx, in); err == nil {
			wait = retryLeast
		} else if ctx.Err() == nil {
			h.log.Warn("a room was not joined", "room", in.Name, "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// visitRoom is in a room until it ends, or ctx is done.
func (h *Host) visitRoom(ctx context.Context, in HostRoom) error {
	o := RoomOptions{Mode: in.Mode, NoMedia: in.Publish != nil}
	if in.Publish == nil {
		o.CallOptions = CallOptions{Tracks: h.desk.Tracks(), SendOnly: true}
	}
	r, err := h.o.Peer.JoinRoom(ctx, in.Name, o)
	if err != nil {
		return err
	}
	defer r.Close() // which never fails
	if in.Publish != nil {
		stop, err := in.Publish()
		if err != nil {
			return err
		}
		defer stop()
	}
	select {
	case <-ctx.Done():
	case <-r.Done():
	}
	return nil
}

// call answers with what the caller takes.
func (h *Host) call(ctx context.Context, m *MediaConnection) {
	if err := m.Answer(CallOptions{Tracks: h.desk.Tracks(), SendOnly: true}); err != nil {
		h.log.Debug("a call was not answered", "peer", m.RemoteID(), "err", err)
		return
	}
	h.log.Info("a visitor watches", "peer", m.RemoteID())
	select {
	case <-ctx.Done():
	case <-m.Done():
	}
}
