package sfu

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/congestion"
)

// reportEvery is how often reports are sent (RFC 3550 §6.4).
const reportEvery = time.Second

// ownSections is how many sections of an offer are for what the member sends,
// the first ones.
const ownSections = 2

// Member is somebody in a room. Its methods may be called from any goroutine.
type Member struct {
	sfu        *SFU
	room       *room
	id         string
	log        *slog.Logger
	pc         *webrtc.PeerConnection
	controller congestion.Controller
	sent       atomic.Uint64 // bytes of video that were forwarded to it
	roundTrip  atomic.Int64
	neg        negotiation
	tell       notifier
	connected  chan struct{} // closed once it is
	onConnect  sync.Once
	ctx        context.Context
	cancel     context.CancelCauseFunc
	done       chan struct{}  // closed when the connection is gone
	readers    sync.WaitGroup // of its packets and feedback

	mu       sync.Mutex
	sendings map[*publication]*attached
	layers   []*layer
	streams  map[string]string // our name of a MediaStream by the member's
	gone     bool
}

// attached is a sending and its sender.
type attached struct {
	sending
	sender *webrtc.RTPSender
}

func newMember(s *SFU, r *room, id string, o MemberOptions) (*Member, error) {
	pc, err := s.api.NewPeerConnection(s.config)
	if err != nil {
		return nil, err
	}
	// A member sends one sound and one picture, and what it adds before it has
	// our first offer goes into these sections.
	for _, kind := range [ownSections]webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		init := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
		if _, err := pc.AddTransceiverFromKind(kind, init); err != nil {
			return nil, errors.Join(err, pc.Close())
		}
	}
	m := &Member{
		sfu: s, room: r, id: id, pc: pc, log: s.o.Log.With("room", r.name, "peer", id),
		controller: s.o.Controller(), connected: make(chan struct{}), done: make(chan struct{}),
		sendings: map[*publication]*attached{}, streams: map[string]string{},
	}
	m.ctx, m.cancel = context.WithCancelCause(context.Background())
	m.neg.init()
	m.tell.init(o)
	return m, nil
}

// start begins what belongs to the member.
func (m *Member) start() {
	m.pc.OnTrack(m.onTrack)
	m.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			m.onConnect.Do(func() { close(m.connected) })
		case webrtc.PeerConnectionStateFailed:
			m.cancel(errors.New("sfu: the connection failed"))
		case webrtc.PeerConnectionStateClosed: // by the member, who need not be told
			m.cancel(errLeft)
		}
	})
	m.sfu.wg.Go(m.tell.run)
	m.sfu.wg.Go(m.run)
	m.RequestOffer()
}

// run negotiates and reports until the member is gone.
func (m *Member) run() {
	defer m.end()
	ticker := time.NewTicker(reportEvery)
	defer ticker.Stop()
	connected := m.connected
	for {
		var err error
		select {
		case <-m.ctx.Done():
			return
		case <-m.neg.wake:
			err = m.negotiate()
		case <-connected:
			connected = nil
			for _, a := range m.attachedNow() {
				a.Connected()
			}
		case now := <-ticker.C:
			m.report()
			err = m.neg.overdue(now)
		}
		if errors.Is(err, webrtc.ErrConnectionClosed) {
			err = errLeft // by the member, and the state will soon say so
		}
		if err != nil {
			m.cancel(err)
		}
	}
}

// end takes down what belongs to the member.
func (m *Member) end() {
	s := m.sfu
	s.mu.Lock()
	delete(m.room.members, m.id)
	var own []*publication
	for _, p := range m.room.publications {
		if p.owner == m.id && p.source != nil {
			own = append(own, p)
		}
	}
	s.unpublish(m.room, own...)
	s.mu.Unlock()
	m.mu.Lock()
	m.gone = true
	m.mu.Unlock()
	if err := m.pc.GracefulClose(); err != nil {
		m.log.Debug("a connection did not close", "err", err)
	}
	for _, a := range m.attachedNow() {
		_ = a.Close() // it has no error
	}
	m.readers.Wait()
	cause := context.Cause(m.ctx)
	if errors.Is(cause, errLeft) {
		cause = nil
	}
	m.log.Info("a member left", "err", cause)
	close(m.done)
	m.tell.close(cause)
}

// errLeft is the cause of a member's end that it or we wanted.
var errLeft = errors.New("left")

// Close takes the member out of its room and waits until its connection is
// gone. The second call does nothing.
func (m *Member) Close() error {
	m.cancel(errLeft)
	<-m.done
	return nil
}

// attachedNow is what is being sent to m.
func (m *Member) attachedNow() []*attached {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []*attached
	for _, a := range m.sendings {
		all = append(all, a)
	}
	return all
}

// budget is how many bits a second each picture may take.
func (m *Member) budget() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	pictures := 0
	for p := range m.sendings {
		if p.kind == webrtc.RTPCodecTypeVideo {
			pictures++
		}
	}
	return m.controller.Target() / max(pictures, 1)
}

// report tells the member how what it gets maps to the wall clock, and what of
// its own has arrived.
func (m *Member) report() {
	var reports []rtcp.Packet
	for _, a := range m.attachedNow() {
		if r, ok := a.Report(); ok {
			reports = append(reports, r)
		}
	}
	m.mu.Lock()
	var received []rtcp.ReceptionReport
	for _, l := range m.layers {
		if r, ok := l.packets.Report(); ok && len(received) < maxReports {
			received = append(received, r)
		}
	}
	m.mu.Unlock()
	if len(received) > 0 {
		reports = append(reports, &rtcp.ReceiverReport{Reports: received})
	}
	if len(reports) > 0 {
		// What does not arrive is made good by the next.
		_ = m.pc.WriteRTCP(reports)
	}
}

// maxReports is how many reception reports fit in a packet (RFC 3550 §6.4.2).
const maxReports = 31

// onTrack takes a picture or sound of the member, or one encoding of a
// picture.
func (m *Member) onTrack(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone || len(m.layers) >= maxTracks {
		return
	}
	src := m.sourceOf(r)
	fresh := src == nil
	if fresh {
		src = newSource(m, t, r)
	}
	l, err := src.add(t)
	if err != nil {
		m.log.Debug("a track was not taken", "err", err)
		return
	}
	m.layers = append(m.layers, l)
	if fresh {
		src.publication = &publication{owner: m.id, streamID: m.streamID(t.StreamID()), kind: t.Kind(), source: src}
		m.sfu.wg.Go(func() { m.publish(src) }) // the SFU's lock comes before ours
	}
	m.readers.Go(l.readReports)
	m.readers.Go(func() {
		l.run()
		m.ended(l)
	})
}

// streamID is our name for a MediaStream of the member's. The caller holds mu.
func (m *Member) streamID(theirs string) string {
	id := m.streams[theirs]
	if id == "" {
		id = newStreamID()
		m.streams[theirs] = id
	}
	return id
}

// publish offers what comes in src to the others, unless it is over already.
func (m *Member) publish(src *source) {
	m.sfu.mu.Lock()
	defer m.sfu.mu.Unlock()
	if m.ctx.Err() == nil && m.room.members[m.id] == m && len(*src.layers.Load()) > 0 {
		m.sfu.publish(m.room, src.publication)
	}
}

// sourceOf is the source of r, or nil. The caller holds mu.
func (m *Member) sourceOf(r *webrtc.RTPReceiver) *source {
	for _, l := range m.layers {
		if l.source.receiver == r {
			return l.source
		}
	}
	return nil
}

// ended forgets a layer, and with the last its publication.
func (m *Member) ended(l *layer) {
	m.mu.Lock()
	m.layers = slices.DeleteFunc(m.layers, func(have *layer) bool { return have == l })
	last := m.sourceOf(l.source.receiver) == nil
	m.mu.Unlock()
	l.close()
	if last {
		m.sfu.mu.Lock()
		m.sfu.unpublish(m.room, l.source.publication)
		m.sfu.mu.Unlock()
	}
}

// String names the member in errors.
func (m *Member) String() string { return fmt.Sprintf("%s in %s", m.id, m.room.name) }
