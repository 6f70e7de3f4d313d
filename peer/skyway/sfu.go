package skyway

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/calls"
	"github.com/causeway-rtc/causeway/peer/congestion"
	"github.com/causeway-rtc/causeway/peer/events"
	"github.com/causeway-rtc/causeway/peer/media"
)

const (
	// maxOffers bounds the offers of an SFU that wait to be answered.
	maxOffers = 8
	// maxRoomTracks bounds the tracks of a room that are received.
	maxRoomTracks = 256
)

// sfuEnd is our end of the connection with an SFU, which always offers. A
// description of another session (RFC 8866 §5.2) is of another connection.
type sfuEnd struct {
	r      *Room
	offers chan *roomMessage
	broken chan struct{} // the connection is to be made anew; capacity one

	session string // of the goroutine of run

	mu     sync.Mutex
	now    *sfuConnection
	owners map[string]string // members by the streams that they send
	parked []*Track          // of streams whose owner is not known
}

// sfuConnection is one connection with an SFU.
type sfuConnection struct {
	pc          *webrtc.PeerConnection
	negotiation *calls.Negotiation
	exchange    *media.Exchange
	way         limited
	cancel      context.CancelFunc
	wg          sync.WaitGroup
}

func newSFUEnd(r *Room) *sfuEnd {
	return &sfuEnd{r: r, offers: make(chan *roomMessage, maxOffers), broken: make(chan struct{}, 1), owners: map[string]string{}}
}

// request asks for an offer.
func (s *sfuEnd) request() error { return s.r.tell("SFU_GET_OFFER", nil) }

// deliver queues an offer.
func (s *sfuEnd) deliver(m *roomMessage) {
	select {
	case s.offers <- m:
	default:
		s.r.p.log.Debug("an offer of an SFU was dropped: too many at a time", "room", s.r.name)
	}
}

// lost has the SFU asked for another connection, after a while.
func (s *sfuEnd) lost() {
	select {
	case s.broken <- struct{}{}:
	default:
	}
}

// run answers offers until we leave.
func (s *sfuEnd) run() {
	defer s.use(nil)
	wait := retryLeast
	var retry <-chan time.Time
	for {
		select {
		case <-s.r.ctx.Done():
			return
		case <-s.broken:
			if retry == nil {
				retry = time.After(wait)
				wait = min(2*wait, retryMost)
			}
		case <-retry:
			retry = nil
			if err := s.request(); err != nil {
				s.r.p.log.Debug("the SFU was not asked", "room", s.r.name, "err", err)
			}
		case m := <-s.offers:
			if err := s.answer(m); err != nil {
				e := &Error{Type: WebRTC, Message: "the offer of the SFU cannot be answered", Err: err}
				events.Emit(&s.r.p.hub, RoomFailed{Room: s.r, Err: e})
				s.lost()
				continue
			}
			wait = retryLeast
		}
	}
}

// use makes c the connection in place of the one before, which it closes.
func (s *sfuEnd) use(c *sfuConnection) {
	s.mu.Lock()
	old := s.now
	s.now, s.parked = c, nil
	s.mu.Unlock()
	if old != nil {
		old.close()
	}
}

// answer answers an offer.
func (s *sfuEnd) answer(m *roomMessage) error {
	s.own(m.MSIDs)
	c := s.current()
	if session := sessionOf(m.Offer.SDP); c == nil || session != s.session {
		fresh, err := s.connect()
		if err != nil {
			return err
		}
		s.session = session
		s.use(fresh)
		c = fresh
	}
	return c.negotiation.TakeOffer(m.Offer.SDP)
}

// sessionOf is the part of a description's origin that is the same for all of
// one connection.
func sessionOf(sdp string) string {
	for line := range strings.Lines(sdp) {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(line, "o=") {
			return fields[1]
		}
	}
	return ""
}

func (s *sfuEnd) current() *sfuConnection {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// connect makes a connection, and adds what we send.
func (s *sfuEnd) connect() (*sfuConnection, error) {
	p := s.r.p
	pc, err := p.newPeerConnection()
	if err != nil {
		return nil, err
	}
	c := &sfuConnection{pc: pc}
	c.negotiation = calls.NewNegotiation(pc, calls.NegotiationOptions{
		Send: func(d webrtc.SessionDescription) error {
			return s.r.tell("SFU_ANSWER", map[string]any{"answer": description{Type: "answer", SDP: d.SDP}})
		},
		SendCandidate: func(found *candidate) error {
			return s.r.tell("SFU_CANDIDATE", map[string]any{"candidate": found})
		},
		Log: p.log,
	})
	c.way.Controller = congestion.NewBackoff(p.o.Bitrate)
	c.exchange = media.NewExchange(pc, media.ExchangeOptions{
		StreamID: random(16), Viewer: "sfu/" + s.r.name, Codecs: p.o.Codecs, Controller: &c.way, Packetizers: &p.packs,
		MaxTracks: maxRoomTracks, OnTrack: func(t *Track) { s.onTrack(c, t) }, Log: p.log,
	})
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	c.wg.Go(func() { c.exchange.Run(ctx) })
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			c.exchange.Connected()
		case webrtc.PeerConnectionStateFailed:
			s.lost()
		}
	})
	for _, t := range s.r.options().Tracks {
		if len(t.Codecs()) == 0 {
			continue
		}
		// Sections that only send have no receiver in pion, and the SFU may use
		// this one to send to us later.
		if err := c.exchange.Add(t, webrtc.RTPTransceiverDirectionSendrecv, nil); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

func (c *sfuConnection) close() {
	c.cancel()
	c.exchange.Close()
	_ = c.pc.GracefulClose()
	c.exchange.Wait()
	c.wg.Wait()
}

// replace sends other tracks.
func (s *sfuEnd) replace(o CallOptions) error {
	c := s.current()
	if c == nil {
		return nil // they are sent with the first offer
	}
	again, err := c.exchange.Replace(o.Tracks, nil)
	if err != nil {
		return fmt.Errorf("skyway: %w", err)
	}
	if again {
		return s.request()
	}
	return nil
}

// own notes whose the streams are, and tells of tracks that have waited for
// that.
func (s *sfuEnd) own(owners map[string]string) {
	s.mu.Lock()
	s.owners = owners
	parked := s.parked
	s.parked = nil
	c := s.now
	s.mu.Unlock()
	for _, t := range parked {
		s.onTrack(c, t)
	}
}

// onTrack tells of a track, now or when it is known whose it is.
func (s *sfuEnd) onTrack(c *sfuConnection, t *Track) {
	s.mu.Lock()
	id := s.owners[t.StreamID()]
	if id == "" && s.now == c && len(s.parked) < maxRoomTracks {
		s.parked = append(s.parked, t)
	}
	s.mu.Unlock()
	if id != "" && id != s.r.p.ID() {
		s.r.onTrack(id, t)
	}
}

// tracks are those that come, by their owners.
func (s *sfuEnd) tracks() map[string][]*Track {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string][]*Track{}
	if s.now == nil {
		return all
	}
	for _, t := range s.now.exchange.Tracks() {
		if id := s.owners[t.StreamID()]; id != "" && id != s.r.p.ID() {
			all[id] = append(all[id], t)
		}
	}
	return all
}

// forget forgets the streams of a member that has left.
func (s *sfuEnd) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for stream, owner := range s.owners {
		if owner == id {
			delete(s.owners, stream)
		}
	}
}
