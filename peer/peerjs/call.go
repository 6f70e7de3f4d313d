package peerjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/congestion"
	"github.com/causeway-rtc/causeway/peer/events"
	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/streams"
)

const (
	// hiddenLabel is that of the data channel whose end is the hanging up. A
	// stock caller names it by a property that calls do not have.
	hiddenLabel = "undefined"
	// reportEvery is how often RTCP reports are sent (RFC 3550 §6.4).
	reportEvery = time.Second
	// maxTracks bounds the tracks of the other peer in one call.
	maxTracks = 8
)

// CallOptions says what a call sends.
type CallOptions struct {
	// Tracks are sent, as one MediaStream; they stay the caller's to close.
	Tracks []*streams.Track
	// SendOnly takes nothing of the other peer's in return.
	SendOnly bool
	// Metadata goes with the offer, as JSON; the server sees it. It is of no
	// use in an answer.
	Metadata any
	// SDPTransform, when not nil, returns the session description that is sent
	// in place of ours. What it changes is not changed on our side.
	SDPTransform func(sdp string) string
}

// MediaConnection is a call.
type MediaConnection struct {
	*Connection
	o CallOptions

	sending sync.Mutex // guards the rest, and is held while a call is prepared
	senders []*media.Sender
	tracks  []*Track
	ended   bool
}

// Track is a track of the other peer's stream. Its chunks come from
// [media.Receiver.Next].
type Track struct {
	*media.Receiver
	streamID string
}

// StreamID is the id of the MediaStream that it is in.
func (t *Track) StreamID() string { return t.streamID }

func newMedia(c *Connection) *MediaConnection { return &MediaConnection{Connection: c} }

// Call calls another peer and waits until it answers, once the server knows
// us. The errors are those of [Peer.Connect].
func (p *Peer) Call(ctx context.Context, id string, o CallOptions) (*MediaConnection, error) {
	c, err := p.outbound(ctx, Media, id, randomID("mc_"), o.Metadata)
	if err != nil {
		return nil, err
	}
	c.media = newMedia(c)
	c.media.o = o
	if err := p.begin(ctx, c); err != nil {
		return nil, err
	}
	return c.media, nil
}

// outbound makes a connection of ours, which begin begins.
func (p *Peer) outbound(ctx context.Context, kind ConnectionType, remote, id string, metadata any) (*Connection, error) {
	if remote == "" || len(remote) > maxName {
		return nil, &Error{Type: InvalidID, Message: fmt.Sprintf("nobody can have the id %q", remote)}
	}
	var text json.RawMessage
	if metadata != nil {
		b, err := json.Marshal(metadata)
		if err != nil {
			return nil, fmt.Errorf("peerjs: metadata: %w", err)
		}
		text = b
	}
	if err := p.WaitOpen(ctx); err != nil {
		return nil, err
	}
	c := p.newConnection(kind, remote, id, text)
	c.outbound = true
	return c, nil
}

// begin starts a connection of ours and waits until it is open.
func (p *Peer) begin(ctx context.Context, c *Connection) error {
	if !p.admit(c) {
		return fmt.Errorf("peerjs: there are %d connections already", p.o.MaxConnections)
	}
	return c.wait(ctx)
}

// Takes says what an inbound call takes of ours: it has a line for that, and
// what is not in the offer cannot be sent on this call.
func (m *MediaConnection) Takes() (video, audio bool) {
	return takes(m.offer, "video"), takes(m.offer, "audio")
}

// takes looks for a media section that the maker of an offer would receive
// (RFC 8866 §6.7).
func takes(sdp, kind string) bool {
	for _, section := range strings.Split(sdp, "\nm=")[min(1, strings.Count(sdp, "\nm=")):] {
		line, _, _ := strings.Cut(section, "\n")
		if strings.HasPrefix(line, kind+" ") && !strings.HasPrefix(line, kind+" 0 ") &&
			!strings.Contains(section, "\na=sendonly") && !strings.Contains(section, "\na=inactive") {
			return true
		}
	}
	return false
}

// Answer accepts an inbound call, and sends those of the tracks that it takes;
// see Takes. It does not wait. An error says that the call was answered or
// refused before, or has ended.
func (m *MediaConnection) Answer(o CallOptions) error {
	m.mu.Lock()
	if m.outbound || m.isAccepted || m.ctx.Err() != nil {
		m.mu.Unlock()
		return errors.New("peerjs: the call is not ringing")
	}
	m.o = o
	m.mu.Unlock()
	m.accept()
	return nil
}

// Refuse hangs up on an inbound call. The other peer sees it closed. Afterwards
// it does nothing.
func (m *MediaConnection) Refuse() { m.setRefusal(nil) }

// Tracks are those of the other peer that have come.
func (m *MediaConnection) Tracks() []*Track {
	m.sending.Lock()
	defer m.sending.Unlock()
	return slices.Clone(m.tracks)
}

// Stats are those of the tracks that are sent.
func (m *MediaConnection) Stats() []media.SenderStats {
	m.sending.Lock()
	defer m.sending.Unlock()
	var all []media.SenderStats
	for _, s := range m.senders {
		all = append(all, s.Stats())
	}
	return all
}

// prepare adds the tracks and the hidden channel.
func (m *MediaConnection) prepare(pc *webrtc.PeerConnection) error {
	pc.OnDataChannel(func(d *webrtc.DataChannel) { m.adopt(d, m.onHidden) })
	if m.refused() != nil {
		return nil
	}
	m.mu.Lock()
	o := m.o
	m.mu.Unlock()
	pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { m.onTrack(pc, t) })
	controller := congestion.NewBackoff(m.p.o.Bitrate)
	for _, t := range o.Tracks {
		if len(t.Codecs()) == 0 || !m.outbound && !takes(m.offer, media.KindOf(t.Codecs()[0]).String()) {
			continue
		}
		if err := m.add(pc, t, o, controller); err != nil {
			return err
		}
	}
	if m.outbound {
		hidden, err := pc.CreateDataChannel(hiddenLabel, &webrtc.DataChannelInit{Ordered: new(bool)})
		if err != nil {
			return err
		}
		m.adopt(hidden, m.onHidden)
	}
	m.wg.Go(func() { m.report(pc) })
	return nil
}

// add sends t in a section of its own.
func (m *MediaConnection) add(pc *webrtc.PeerConnection, t *streams.Track, o CallOptions, controller congestion.Controller) error {
	codecs := media.Preferences(m.p.o.Codecs, t)
	if len(codecs) == 0 {
		return errors.New("no codec of a track is among the peer's")
	}
	s := media.NewSender(t, media.SenderOptions{
		// One stream for all: a page shows the one that came last.
		StreamID: m.id, Viewer: m.Viewer(), Controller: controller, Packetizers: &m.p.packs,
	})
	direction := webrtc.RTPTransceiverDirectionSendrecv
	if o.SendOnly {
		direction = webrtc.RTPTransceiverDirectionSendonly
	}
	transceiver, err := pc.AddTransceiverFromTrack(s, webrtc.RTPTransceiverInit{Direction: direction})
	if err != nil {
		return err
	}
	m.sending.Lock()
	m.senders = append(m.senders, s)
	m.sending.Unlock()
	sender := transceiver.Sender()
	m.wg.Go(func() { s.ReadFeedback(sender) })
	if !m.outbound {
		return nil // the payload types are the other peer's, and the track chooses
	}
	return transceiver.SetCodecPreferences(codecs)
}

// Viewer is what the call is named at the streams whose tracks it sends.
func (m *MediaConnection) Viewer() string { return m.remote + "/" + m.id }

// onHidden is told that the hidden channel is open.
func (m *MediaConnection) onHidden() {
	if m.refused() != nil {
		m.cancel(ErrRefused)
		return
	}
	events.Emit(&m.p.hub, WillCloseOnRemote{Call: m})
}

// answeredNow is told that our answer is on its way.
func (m *MediaConnection) answeredNow() {
	m.open()
	if m.refused() != nil && (m.legacy.Load() || m.p.alone(m.Connection)) {
		m.legacy.Store(true) // LEAVE says it at once
		m.cancel(ErrRefused)
	}
}

// connected lets the tracks send.
func (m *MediaConnection) connected() {
	m.sending.Lock()
	defer m.sending.Unlock()
	for _, s := range m.senders {
		s.Connected()
	}
}

// stop ends the sending.
func (m *MediaConnection) stop() {
	m.sending.Lock()
	m.ended = true
	senders := slices.Clone(m.senders)
	m.sending.Unlock()
	for _, s := range senders {
		_ = s.Close() // it has no error
	}
}

func (m *MediaConnection) transformed(sdp string) string {
	if m.o.SDPTransform == nil {
		return sdp
	}
	if to := m.o.SDPTransform(sdp); to != "" {
		return to
	}
	return sdp
}

// onTrack begins to read a track of the other peer's.
func (m *MediaConnection) onTrack(pc *webrtc.PeerConnection, remote *webrtc.TrackRemote) {
	codec, ok := media.Lookup(m.p.o.Codecs, remote.Codec().RTPCodecCapability)
	if !ok {
		m.log.Debug("a track cannot be read", "codec", remote.Codec().MimeType)
		return
	}
	t := &Track{streamID: remote.StreamID()}
	t.Receiver = media.NewReceiver(remote, codec, media.ReceiverOptions{WriteRTCP: pc.WriteRTCP})
	m.sending.Lock()
	ok = !m.ended && len(m.tracks) < maxTracks
	if ok {
		m.tracks = append(m.tracks, t)
		m.wg.Go(t.Run) // before end waits
	}
	m.sending.Unlock()
	if ok {
		events.Emit(&m.p.hub, TrackStarted{Call: m, Track: t})
	}
}

// report sends RTCP reports until the call ends. What does not arrive is made
// good by the next.
func (m *MediaConnection) report(pc *webrtc.PeerConnection) {
	ticker := time.NewTicker(reportEvery)
	defer ticker.Stop()
	for {
		select {
		case <-m.ctx.Done():
			return
		case <-ticker.C:
		}
		var packets []rtcp.Packet
		var received []rtcp.ReceptionReport
		m.sending.Lock()
		for _, s := range m.senders {
			if r, ok := s.Report(); ok {
				packets = append(packets, r)
			}
		}
		for _, t := range m.tracks {
			if r, ok := t.Report(); ok {
				received = append(received, r)
			}
		}
		m.sending.Unlock()
		if len(received) > 0 {
			packets = append(packets, &rtcp.ReceiverReport{Reports: received})
		}
		if len(packets) > 0 {
			_ = pc.WriteRTCP(packets)
		}
	}
}
