package peerjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer/auth"
	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/streams"
)

// InputLabel is the label of the data connections that carry input, in the form
// of input/PROTOCOL.md: each value is the bytes of one message. Pointer motion
// goes on the same connection.
const InputLabel = "input"

// maxVisitors bounds the connections that a [Host] serves at a time; the
// [Peer] has a bound of its own.
const maxVisitors = 64

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
type Visit struct {
	// ID is the other peer's. It grants nothing.
	ID string
	// Addr is where from, or empty.
	Addr string
	// Token is metadata.token, or empty.
	Token string
	// Metadata is all that it said of itself: JSON, or nil.
	Metadata json.RawMessage
}

// VerifyToken is a [HostOptions.Verify] that lets in who has the token.
func VerifyToken(g *auth.Guard) func(Visit) error {
	return func(v Visit) error { return g.Check(v.Addr, v.Token) }
}

// Host lets other peers watch and use a stream.
//
// A call is answered with the picture and the sound of the stream. A page
// whose offer has no line for one of them is called back with what is missing;
// that call ends with its own. A data connection labelled [InputLabel] carries
// what the page's person does. Who is refused is closed: on a data connection
// the reason comes first, {error, message} or as JSON text.
type Host struct {
	o   HostOptions
	log *slog.Logger
	wg  sync.WaitGroup

	mu       sync.Mutex
	ctx      context.Context // of Run; nil before and after
	visitors int
}

// NewHost makes a host, for as long as there is the peer. It refuses everybody
// until Run, and after.
func NewHost(o HostOptions) (*Host, error) {
	if o.Peer == nil || o.Stream == nil || o.Verify == nil {
		return nil, errors.New("peerjs: a host needs a peer, a stream and a way to verify")
	}
	if o.Addr == nil {
		o.Addr = func(string) string { return "" }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	h := &Host{o: o, log: o.Log}
	On(o.Peer, func(e Incoming) { h.incoming(e.Connection) })
	On(o.Peer, func(e Called) { h.called(e.Call) })
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
	ctx, cancel := context.WithCancel(ctx)
	defer h.wg.Wait()
	defer cancel()
	h.mu.Lock()
	h.ctx = ctx
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		h.ctx = nil // and nobody begins
		h.mu.Unlock()
	}()
	left := make(chan struct{}, 1)
	defer On(h.o.Peer, func(Destroyed) { cancel() })()
	defer On(h.o.Peer, func(Left) { wake(left) })()
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

// serve runs f for a visitor, if there is room.
func (h *Host) serve(f func(ctx context.Context)) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx == nil || h.ctx.Err() != nil || h.visitors >= maxVisitors {
		return false
	}
	ctx := h.ctx
	h.visitors++
	h.wg.Go(func() {
		defer func() {
			h.mu.Lock()
			h.visitors--
			h.mu.Unlock()
		}()
		f(ctx)
	})
	return true
}

// verify decides about a connection.
func (h *Host) verify(c *Connection) error {
	v := Visit{ID: c.RemoteID(), Addr: h.o.Addr(c.RemoteID()), Metadata: c.Metadata()}
	var said struct{ Token string }
	if json.Unmarshal(c.Metadata(), &said) == nil {
		v.Token = said.Token
	}
	err := h.o.Verify(v)
	if err != nil {
		h.log.Warn("a visitor was refused", "peer", v.ID, "addr", v.Addr, "err", err)
	}
	return err
}

// said is how a refused peer learns why.
func said(err error) map[string]any {
	code := "rejected"
	var wait *auth.ThrottledError
	switch {
	case errors.Is(err, auth.ErrWrong):
		code = "token"
	case errors.As(err, &wait):
		code = "throttled"
	}
	m := map[string]any{"error": code, "message": err.Error()}
	if wait != nil {
		m["retryAfter"] = wait.RetryAfter.Seconds()
	}
	return m
}

// reasonFor puts a reason into what the serialization of d carries.
func reasonFor(d *DataConnection, err error) any {
	m := said(err)
	if s := d.Serialization(); s != Raw && s != None {
		return m
	}
	b, err := json.Marshal(m)
	if err != nil {
		return `{"error":"rejected"}`
	}
	return string(b)
}

var (
	errBusy  = errors.New("too many visitors")
	errLabel = fmt.Errorf("a data connection must have the label %q", InputLabel)
)

// incoming decides about a data connection.
func (h *Host) incoming(d *DataConnection) {
	err := h.verify(d.Connection)
	if err == nil && d.Label() != InputLabel {
		err = errLabel
	}
	if err == nil && !h.serve(func(ctx context.Context) { h.input(ctx, d) }) {
		err = errBusy
	}
	if err != nil {
		d.Refuse(reasonFor(d, err))
	}
}

// input has a visitor's input injected until the connection ends. Then its
// keys go up.
func (h *Host) input(ctx context.Context, d *DataConnection) {
	defer d.Close()
	v, err := h.o.Stream.Join(d.RemoteID()+"/"+d.ID(), input.All, nil)
	if err != nil {
		h.log.Warn("a visitor could not join", "peer", d.RemoteID(), "err", err)
		return
	}
	defer func() {
		if err := v.Close(); err != nil {
			h.log.Warn("what a visitor held down could not be released", "peer", d.RemoteID(), "err", err)
		}
	}()
	h.log.Info("a visitor's input is taken", "peer", d.RemoteID())
	for {
		value, err := d.Receive(ctx)
		if err != nil {
			return
		}
		message, ok := value.([]byte)
		if !ok {
			continue // it may ask what it likes; there is no answer
		}
		shows, err := v.Handle(message)
		if errors.Is(err, input.ErrMalformed) {
			h.log.Warn("a visitor's input was not understood", "peer", d.RemoteID(), "err", err)
			h.dismiss(ctx, d, err)
			return
		}
		if err != nil {
			h.log.Debug("input was not injected", "err", err)
		}
		if shows {
			h.poke(v.ID())
		}
	}
}

// dismiss tells a visitor why its connection ends.
func (h *Host) dismiss(ctx context.Context, d *DataConnection, why error) {
	ctx, cancel := context.WithTimeout(ctx, goodbyeWithin)
	defer cancel()
	if err := d.Send(ctx, reasonFor(d, why)); err != nil {
		h.log.Debug("a visitor was not told", "peer", d.RemoteID(), "err", err)
	}
}

// poke has the picture captured soon, since a visitor did something.
func (h *Host) poke(visitor string) {
	for _, t := range h.o.Stream.Tracks() {
		if len(t.Codecs()) > 0 && media.KindOf(t.Codecs()[0]).String() == "video" {
			t.Poke(visitor)
		}
	}
}

// called decides about a call.
func (h *Host) called(m *MediaConnection) {
	if h.verify(m.Connection) != nil || !h.serve(func(ctx context.Context) { h.call(ctx, m) }) {
		m.Refuse()
	}
}

// call answers with what the caller takes, and calls back with the rest.
func (h *Host) call(ctx context.Context, m *MediaConnection) {
	defer m.Close()
	v, err := h.o.Stream.Join(m.Viewer(), input.None, nil)
	if err != nil {
		h.log.Warn("a visitor could not join", "peer", m.RemoteID(), "err", err)
		return
	}
	defer v.Close() // it holds nothing down
	video, audio := m.Takes()
	tracks := h.o.Stream.Tracks()
	missing := slices.DeleteFunc(slices.Clone(tracks), func(t *streams.Track) bool {
		if len(t.Codecs()) == 0 {
			return true
		}
		if media.KindOf(t.Codecs()[0]).String() == "video" {
			return video
		}
		return audio
	})
	if err := m.Answer(CallOptions{Tracks: tracks, SendOnly: true}); err != nil {
		h.log.Debug("a call was not answered", "peer", m.RemoteID(), "err", err)
		return
	}
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
	stop := context.AfterFunc(m.ctx, cancel)
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
