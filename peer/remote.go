package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer/congestion"
	"github.com/causeway-rtc/causeway/peer/signal"
)

// Remote is the other end of one connection: a viewer of ours, or a host that
// we watch. Its methods may be called from any goroutine.
type Remote struct {
	peer     *Peer
	ns       signal.Namespace
	id       string
	host     bool // we are the host of it
	addr     string
	metadata json.RawMessage
	log      *slog.Logger

	pc         *webrtc.PeerConnection
	congestion congestion.Controller
	neg        negotiator
	tracks     []*track // host
	seat       *input.Seat
	chans      channels
	cursor     cursorOutbox
	watch      watcher // viewer

	ctx    context.Context // done when the Remote is closed
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup // our goroutines
	done   chan struct{}  // closed when all are gone

	mu        sync.Mutex
	state     State
	changed   chan struct{} // closed and replaced at each change of state
	viewport  Viewport
	sizes     map[int][2]int
	stopStats context.CancelFunc // of the stats that the viewer watches, or nil
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
func newRemote(p *Peer, ns signal.Namespace, host bool) (*Remote, error) {
	_, id := ns.Split()
	r := &Remote{
		peer: p, ns: ns, id: id, host: host,
		log:        p.log.With("peer", id),
		congestion: congestion.NewBackoff(p.o.Bitrate),
		neg:        newNegotiator(),
		done:       make(chan struct{}),
		changed:    make(chan struct{}),
		sizes:      map[int][2]int{},
	}
	r.cursor.wake = make(chan struct{}, 1)
	r.watch.init()
	r.ctx, r.cancel = context.WithCancelCause(context.Background())
	config := webrtc.Configuration{}
	for _, s := range p.o.ICEServers {
		config.ICEServers = append(config.ICEServers, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Credential})
	}
	api := p.watching
	if host {
		api = p.serving
	}
	pc, err := api.NewPeerConnection(config)
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	r.pc = pc
	pc.OnConnectionStateChange(r.onState)
	pc.OnICECandidate(r.onCandidate)
	if host {
		err = r.setUpHost()
	} else {
		r.setUpViewer()
	}
	if err != nil {
		r.discard()
		return nil, fmt.Errorf("peer: %w", err)
	}
	return r, nil
}

// setUpHost adds what a viewer gets.
func (r *Remote) setUpHost() error {
	if r.peer.o.Injector != nil {
		r.seat = input.NewSeat(r.peer.o.Injector, r.peer.o.Level)
	}
	for i, s := range r.peer.o.Streams {
		if len(s.Codecs()) == 0 {
			continue
		}
		t := newTrack(r, i+1, s)
		init := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}
		transceiver, err := r.pc.AddTransceiverFromTrack(t, init)
		if err != nil {
			return fmt.Errorf("track %s: %w", t, err)
		}
		r.tracks = append(r.tracks, t)
		r.wg.Go(func() { t.readFeedback(transceiver.Sender()) })
	}
	return r.openChannels()
}

// discard closes a remote that was never started.
func (r *Remote) discard() {
	r.cancel(net.ErrClosed)
	_ = r.pc.Close()
	r.wg.Wait()
}

// start runs the remote until it is closed or ctx is done.
func (r *Remote) start(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { r.cancel(net.ErrClosed) })
	if r.host {
		r.wg.Go(func() { r.sendReports(r.ctx) })
		r.wg.Go(r.runCursor)
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

// tearDown frees all that the remote has. Keys go up first of all.
func (r *Remote) tearDown() {
	if r.seat != nil {
		if err := r.seat.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			r.log.Warn("what a viewer held down could not be released", "err", err)
		}
	}
	cause := context.Cause(r.ctx)
	if _, quiet := cause.(silent); !quiet {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		if err := r.peer.publish(ctx, r.ns, "leave", nil, nil); err != nil {
			r.log.Debug("the goodbye was not delivered", "err", err)
		}
		cancel()
	}
	for _, t := range r.tracks {
		_ = t.Unbind(nil)
	}
	_ = r.pc.GracefulClose()
	r.watch.close()
	r.wg.Wait()
	r.peer.remove(r)
	r.setState(StateClosed)
	r.log.Info("a connection ended", "state", StateClosed, "err", cause)
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
// goroutines. The second call waits only. It must not be called from one of
// [Events].
func (r *Remote) Close() error {
	r.shut(nil, true)
	<-r.done
	return nil
}

// Done is closed when the connection has ended and all is freed.
func (r *Remote) Done() <-chan struct{} { return r.done }

// Err is why the connection ended, or nil while it has not.
func (r *Remote) Err() error { return context.Cause(r.ctx) }

// ID is the other end's name.
func (r *Remote) ID() string { return r.id }

// Addr is where a viewer's join came from, as [Join.Addr].
func (r *Remote) Addr() string { return r.addr }

// Metadata is what a viewer said of itself in its join: JSON, or nil.
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
		for _, t := range r.tracks {
			t.connected()
		}
		r.setState(StateConnected)
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

// letGo releases what the viewer holds down while nobody hears from it. A key
// that its person still holds is pressed anew; one that stays down although
// the viewer has crashed is worse.
func (r *Remote) letGo() {
	if r.seat == nil {
		return
	}
	if err := r.seat.Release(); err != nil && !errors.Is(err, net.ErrClosed) {
		r.log.Warn("what a viewer held down could not be released", "err", err)
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
	if s != StateClosed {
		r.log.Info("a connection changed", "state", s)
	}
	if f := r.peer.o.Events.State; f != nil {
		f(r, s)
	}
}

// stateNow returns the state and a channel that is closed when it changes.
func (r *Remote) stateNow() (State, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state, r.changed
}

// Viewport is what the viewer last said of its picture, zero before.
func (r *Remote) Viewport() Viewport {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.viewport
}

// Level is what the viewer may do.
func (r *Remote) Level() input.Level {
	if r.seat == nil {
		return input.None
	}
	return r.seat.Level()
}

func (r *Remote) setLevel(level input.Level) error {
	if r.seat == nil {
		return fmt.Errorf("peer: nothing to control: %w", errors.ErrUnsupported)
	}
	err := r.seat.SetLevel(level)
	r.sendControl(LevelChanged{Level: level})
	if err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	return nil
}
