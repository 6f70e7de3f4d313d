package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/channel"
	"github.com/causeway-rtc/causeway/peer/congestion"
	"github.com/causeway-rtc/causeway/peer/signal"
)

// Remote is the other end of one connection. Either end may publish streams,
// and watch those of the other. Its methods may be called from any goroutine.
type Remote struct {
	peer       *Peer
	ns         signal.Namespace
	id         string
	externalID string
	addr       string
	session    string
	metadata   json.RawMessage
	opening    bool // we make the first offer
	log        *slog.Logger

	pc         *webrtc.PeerConnection
	congestion congestion.Controller
	neg        negotiator
	control    *webrtc.DataChannel
	greeted    chan struct{} // closed by the hello of a Causeway peer
	clock      clock
	budget     *channel.Budget // of what waits in its data channels

	ctx    context.Context // done when the Remote is closed
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup // our goroutines
	done   chan struct{}  // closed when all are gone

	giving   sync.Mutex   // held by giveAll
	deciding atomic.Int32 // requests for streams

	mu          sync.Mutex
	state       State
	torn        bool          // wg is waited for
	watchesAll  bool          // it wants every stream unasked
	changed     chan struct{} // closed and replaced at each change of state
	senders     []*webrtc.RTPTransceiver
	out         map[int]*outgoing // by the number of the stream
	in          map[int]*InboundStream
	started     chan struct{} // closed and replaced when one of in has started
	named       map[string]*DataChannel
	numbered    map[uint16]*numbered
	told        map[uint16]int // how often it opened a number, less the times that closed
	tells       bool           // it does so, or its hello will say whether it does
	ids         channelIDs
	spare       map[channel.Mode][]*webrtc.DataChannel // made, and refused by the other side
	asked       map[uint32]chan answer                 // requests for streams
	lastAsk     uint32
	lastForeign int // of the streams without a number of their own
}

// Viewport is what a viewer says of its picture.
type Viewport struct {
	// Width and Height of the picture in pixels.
	Width, Height int
	// Refresh is the display's rate in Hz.
	Refresh float64
}

// newRemote makes a remote that is not yet known to p. The caller starts it,
// or discards it.
func newRemote(p *Peer, n newcomer) (*Remote, error) {
	r := &Remote{
		peer: p, ns: n.ns, id: n.ID, externalID: n.terms.ExternalID, addr: n.Addr, session: n.Session, metadata: n.Metadata,
		opening: n.opening, watchesAll: n.opening && n.watches(), tells: n.causeway(),
		log:        p.log.With("peer", n.ID),
		congestion: congestion.NewBackoff(p.o.Bitrate),
		neg:        newNegotiator(),
		greeted:    make(chan struct{}),
		budget:     channel.NewBudget(0),
		done:       make(chan struct{}),
		changed:    make(chan struct{}),
		started:    make(chan struct{}),
		out:        map[int]*outgoing{},
		in:         map[int]*InboundStream{},
		named:      map[string]*DataChannel{},
		numbered:   map[uint16]*numbered{},
		told:       map[uint16]int{},
		spare:      map[channel.Mode][]*webrtc.DataChannel{},
		asked:      map[uint32]chan answer{},
	}
	r.ids = newChannelIDs(p.o.ID < r.id)
	r.ctx, r.cancel = context.WithCancelCause(context.Background())
	pc, err := p.api.NewPeerConnection(p.config)
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	r.pc = pc
	pc.OnConnectionStateChange(r.onState)
	pc.OnICECandidate(r.onCandidate)
	pc.OnTrack(r.onTrack)
	// A Causeway peer opens no channel in band, and nobody else's is wanted.
	pc.OnDataChannel(func(d *webrtc.DataChannel) { d.OnOpen(func() { _ = d.Close() }) })
	if err := r.setUp(); err != nil {
		r.discard()
		return nil, fmt.Errorf("peer: %w", err)
	}
	return r, nil
}

// setUp adds what there is from the beginning.
func (r *Remote) setUp() error {
	var err error
	if r.control, err = r.openRaw(controlID, labelControl, channel.Reliable); err != nil {
		return err
	}
	r.control.OnMessage(r.onControl)
	r.control.OnOpen(r.greet)
	if r.opening {
		return r.giveAll()
	}
	return nil
}

// discard closes a remote that was never started.
func (r *Remote) discard() {
	r.cancel(net.ErrClosed)
	r.leaveStreams()
	_ = r.pc.Close()
	r.wg.Wait()
}

// start runs the remote until it is closed or ctx is done.
func (r *Remote) start(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { r.cancel(net.ErrClosed) })
	r.openNumbered()
	if err := r.giveAll(); err != nil { // what was published meanwhile
		r.log.Warn("a stream was not given", "err", err)
	}
	r.wg.Go(func() { r.runReports(r.ctx) })
	if r.opening {
		r.neg.offerSoon(false)
	}
	r.wg.Go(r.negotiate)
	r.peer.wg.Go(func() {
		defer close(r.done)
		defer stop()
		<-r.ctx.Done()
		r.tearDown()
	})
}

// spawn runs f, for which tearDown waits, unless that waits already: pion tells
// of a track on a goroutine that may come late.
func (r *Remote) spawn(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.torn {
		r.wg.Go(f)
	}
}

// tearDown frees all that the remote has. Keys go up first of all.
func (r *Remote) tearDown() {
	r.leaveStreams()
	cause := context.Cause(r.ctx)
	if _, quiet := cause.(silent); !quiet {
		ctx, cancel := context.WithTimeout(context.Background(), goodbyeWithin)
		if err := r.peer.publish(ctx, r.ns, "leave", nil, nil); err != nil {
			r.log.Debug("the goodbye was not delivered", "err", err)
		}
		cancel()
	}
	r.closeChannels()
	_ = r.pc.GracefulClose()
	r.endInbound("the connection ended")
	r.mu.Lock()
	r.torn = true
	r.mu.Unlock()
	r.wg.Wait()
	r.peer.remove(r)
	r.log.Info("a connection ended", "state", StateClosed, "err", cause)
	r.setState(StateClosed)
}

// silent is a cause of closing that the other side is not told.
type silent struct{ error }

func (s silent) Unwrap() error { return s.error }

// shut begins the closing. The other side is told when tell is true.
func (r *Remote) shut(cause error, tell bool) {
	if cause == nil {
		cause = net.ErrClosed
	}
	if !tell {
		cause = silent{cause}
	}
	r.cancel(cause)
}

// Close ends the connection, tells the other side, and waits for all its
// goroutines. The second call waits only. A listener of [On] must not call it,
// as it would wait for that listener; [Remote.End] is for those.
func (r *Remote) Close() error {
	r.shut(nil, true)
	<-r.done
	return nil
}

// End begins what Close does, and waits for nothing: a listener of [On] may
// call it.
func (r *Remote) End() { r.shut(nil, true) }

// Done is closed when the connection has ended and all is freed.
func (r *Remote) Done() <-chan struct{} { return r.done }

// Err is why the connection ended, or nil while it has not.
func (r *Remote) Err() error { return context.Cause(r.ctx) }

// Peer is the local end.
func (r *Remote) Peer() *Peer { return r.peer }

// ID is the other end's name.
func (r *Remote) ID() string { return r.id }

// ExternalID is the application's name for it, or empty. The other end chose
// it: it is as good as what Verify made of it.
func (r *Remote) ExternalID() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.externalID
}

// Room is where we met: the id of the one of us who was asked, or the name of
// a room.
func (r *Remote) Room() string {
	room, _ := r.ns.Split()
	return room
}

// Viewer is the id that the other end has among the viewers of our streams.
func (r *Remote) Viewer() string { return string(r.ns) }

// Addr is where its join came from, as [Join.Addr].
func (r *Remote) Addr() string { return r.addr }

// Metadata is what it said of itself in its join or offer: JSON, or nil.
func (r *Remote) Metadata() json.RawMessage { return r.metadata }

// State is how far the connection is.
func (r *Remote) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// onState follows the PeerConnection. Pion calls it from one goroutine.
func (r *Remote) onState(s webrtc.PeerConnectionState) {
	switch s {
	case webrtc.PeerConnectionStateConnecting:
		r.setState(StateConnecting)
	case webrtc.PeerConnectionStateConnected:
		r.setState(StateConnected)
		r.letTracksSend()
	case webrtc.PeerConnectionStateDisconnected:
		r.setState(StateDisconnected)
		r.letGo()
	case webrtc.PeerConnectionStateFailed:
		r.setState(StateFailed)
		r.shut(errors.New("peer: no way to the other side"), true)
	case webrtc.PeerConnectionStateClosed:
		// It knows, and may be joining again: a leave could reach that.
		r.shut(errors.New("peer: the other side closed the connection"), false)
	case webrtc.PeerConnectionStateNew, webrtc.PeerConnectionStateUnknown:
	}
}

func (r *Remote) setState(s State) {
	r.mu.Lock()
	if r.state == s || r.state == StateClosed {
		r.mu.Unlock()
		return
	}
	r.state = s
	close(r.changed)
	r.changed = make(chan struct{})
	r.mu.Unlock()
	if errors.Is(r.Err(), errYielded) {
		return // nobody knows of it
	}
	if s != StateClosed {
		r.log.Info("a connection changed", "state", s)
	}
	Emit(r.peer, StateChanged{r, s})
}

// stateNow returns the state and a channel that is closed when it changes.
func (r *Remote) stateNow() (State, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state, r.changed
}

// native is true when the other end is a Causeway peer that has said hello.
func (r *Remote) native() bool {
	select {
	case <-r.greeted:
		return true
	default:
		return false
	}
}

// problem tells the application what went wrong.
func (r *Remote) problem(code ErrorCode, err error) {
	Emit(r.peer, Problem{r, code, err})
}
