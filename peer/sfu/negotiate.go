package sfu

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer"
)

const (
	// answerWithin is how long a member has to answer an offer.
	answerWithin = time.Minute
	// gatherWithin bounds the wait for candidates: an offer has those that
	// were found by then.
	gatherWithin = 3 * time.Second
)

// negotiation is what goes on between offers and answers. We alone offer, so
// there is no glare: what changes while an offer is out is in the next.
type negotiation struct {
	wake chan struct{} // capacity one

	sync.Mutex              // held while the connection is negotiated
	sent       time.Time    // when the offer that is out was made; zero when none is
	offer      string       // that offer
	streams    streamOwners // in it
	candidates int
	queued     []webrtc.ICECandidateInit // until there is an answer

	mu    sync.Mutex // of asked
	asked bool
}

// streamOwners are the ids of members by msid.
type streamOwners = map[string]string

func (n *negotiation) init() { n.wake = make(chan struct{}, 1) }

// RequestOffer has an offer made soon, or when the one that is out has been
// answered.
func (m *Member) RequestOffer() {
	m.neg.mu.Lock()
	m.neg.asked = true
	m.neg.mu.Unlock()
	wake(m.neg.wake)
}

// take tells whether an offer was asked for.
func (n *negotiation) take() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	asked := n.asked
	n.asked = false
	return asked
}

// overdue is an error when an offer was not answered in time.
func (n *negotiation) overdue(now time.Time) error {
	n.Lock()
	defer n.Unlock()
	if !n.sent.IsZero() && now.Sub(n.sent) > answerWithin {
		return errors.New("sfu: an offer was not answered")
	}
	return nil
}

// negotiate makes an offer, if one was asked for and none is out.
func (m *Member) negotiate() error {
	n := &m.neg
	n.Lock()
	defer n.Unlock()
	if !n.sent.IsZero() || !n.take() {
		return nil
	}
	if err := m.attach(); err != nil {
		return err
	}
	offer, err := m.pc.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("sfu: offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(m.pc)
	if err := m.pc.SetLocalDescription(offer); err != nil {
		return fmt.Errorf("sfu: offer: %w", err)
	}
	select {
	case <-gathered:
	case <-time.After(gatherWithin):
	case <-m.ctx.Done():
		return nil
	}
	n.sent, n.offer = time.Now(), withLayers(m.pc.LocalDescription().SDP, m.sfu.o.Layers)
	n.streams = m.owners()
	m.tell.offer(n.offer, n.streams)
	return nil
}

// attach adds what m should receive and removes what is over, in this order:
// browsers do not tell a page of a track that comes in the place of another.
func (m *Member) attach() error {
	wanted := map[*publication]bool{}
	for _, p := range m.sfu.wanted(m) {
		wanted[p] = true
	}
	m.mu.Lock()
	var over []*attached
	for p, a := range m.sendings {
		if wanted[p] {
			delete(wanted, p)
		} else {
			delete(m.sendings, p)
			over = append(over, a)
		}
	}
	m.mu.Unlock()
	for p := range wanted {
		if err := m.add(p); err != nil {
			return err
		}
	}
	for _, a := range over {
		if err := m.pc.RemoveTrack(a.sender); err != nil {
			return fmt.Errorf("sfu: remove a track: %w", err)
		}
		_ = a.Close() // it has no error
	}
	return nil
}

// add begins to send p to m.
func (m *Member) add(p *publication) error {
	a := &attached{sending: p.send(m)}
	sender, err := m.section(a.sending)
	if err != nil {
		return errors.Join(fmt.Errorf("sfu: add a track: %w", err), a.Close())
	}
	a.sender = sender
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sendings[p] = a
	m.readers.Go(func() { a.ReadFeedback(sender) })
	select {
	case <-m.connected:
		a.Connected()
	default:
	}
	return nil
}

// section has t sent in a section of its own, or in one by which nothing is
// sent any more. The member's own are not used: they have names of encodings,
// which pion takes for those of what it receives. The others may be sent in as
// well, since pion does not receive again in one that was inactive.
func (m *Member) section(t webrtc.TrackLocal) (*webrtc.RTPSender, error) {
	for _, at := range m.pc.GetTransceivers()[ownSections:] {
		if at.Kind() != t.Kind() || at.Sender() != nil {
			continue
		}
		sender, err := m.sfu.api.NewRTPSender(t, m.pc.SCTP().Transport())
		if err != nil {
			return nil, err
		}
		return sender, at.SetSender(sender, t)
	}
	at, err := m.pc.AddTransceiverFromTrack(t, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendrecv})
	if err != nil {
		return nil, err
	}
	return at.Sender(), nil
}

// owners says whose the MediaStreams are that m is offered.
func (m *Member) owners() streamOwners {
	m.mu.Lock()
	defer m.mu.Unlock()
	owners := streamOwners{}
	for p := range m.sendings {
		owners[p.streamID] = p.owner
	}
	return owners
}

// Answer is what the member says to the offer. It fails when there is no
// offer, or when the answer does not fit it; the offer is then still out.
func (m *Member) Answer(sdp string) error {
	if len(sdp) > maxSDP {
		return fmt.Errorf("sfu: %s: an answer of %d bytes", m, len(sdp))
	}
	n := &m.neg
	n.Lock()
	defer n.Unlock()
	if n.sent.IsZero() {
		return fmt.Errorf("sfu: %s: an answer to no offer", m)
	}
	if err := m.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
		return fmt.Errorf("sfu: %s: an answer: %w", m, err)
	}
	n.sent = time.Time{}
	for _, c := range n.queued {
		m.addCandidate(c)
	}
	n.queued = nil
	wake(n.wake)
	return nil
}

// AddCandidate adds a candidate of the member's: an RTCIceCandidateInit as
// JSON. One before the first answer waits for it.
func (m *Member) AddCandidate(candidate string) error {
	if len(candidate) > maxCandidate {
		return fmt.Errorf("sfu: %s: a candidate of %d bytes", m, len(candidate))
	}
	var c webrtc.ICECandidateInit
	if err := json.Unmarshal([]byte(candidate), &c); err != nil {
		return fmt.Errorf("sfu: %s: a candidate: %w", m, err)
	}
	n := &m.neg
	n.Lock()
	defer n.Unlock()
	if n.candidates++; n.candidates > peer.MaxCandidates {
		return fmt.Errorf("sfu: %s: too many candidates", m)
	}
	if c.Candidate == "" {
		return nil // the last
	}
	if m.pc.RemoteDescription() == nil {
		n.queued = append(n.queued, c)
		return nil
	}
	m.addCandidate(c)
	return nil
}

// addCandidate adds c. One of a kind that we do not know is no harm.
func (m *Member) addCandidate(c webrtc.ICECandidateInit) {
	if err := m.pc.AddICECandidate(c); err != nil {
		m.log.Debug("a candidate was not taken", "err", err)
	}
}

// withLayers asks for the encodings of a picture in the section of offer that
// takes the member's (RFC 8853 §5.1), which is the second.
func withLayers(offer string, rids []string) string {
	const section = "\nm=video"
	before, after, ok := strings.Cut(offer, section)
	if len(rids) == 0 || !ok {
		return offer
	}
	end := strings.Index(after, "\nm=")
	if end < 0 {
		end = len(after) - 1
	}
	var lines strings.Builder
	for _, rid := range rids {
		lines.WriteString("a=rid:" + rid + " recv\r\n")
	}
	lines.WriteString("a=simulcast:recv " + strings.Join(rids, ";") + "\r\n")
	return before + section + after[:end+1] + lines.String() + after[end+1:]
}

// wake signals c, of capacity one, without waiting.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
