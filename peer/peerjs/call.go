package peerjs

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/peer/calls"
	"github.com/causeway-rtc/causeway/peer/congestion"
	"github.com/causeway-rtc/causeway/peer/events"
	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/streams"
)

// hiddenLabel is that of the data channel whose end is the hanging up. A stock
// caller names it by a property that calls do not have.
const hiddenLabel = "undefined"

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
	o      CallOptions    // settled when the call is accepted
	hidden *calls.Channel // whose end is the hanging up

	exchange atomic.Pointer[media.Exchange] // nil before the call is prepared
}

// Track is a track of the other peer's stream. Its chunks come from
// [media.Receiver.Next].
type Track = media.Track

func newMedia(c *Connection) *MediaConnection {
	return &MediaConnection{Connection: c, hidden: calls.NewChannel(c.life)}
}

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

// Takes says what an inbound call takes of ours: it has a line for that, and
// what is not in the offer cannot be sent on this call.
func (m *MediaConnection) Takes() (video, audio bool) {
	return media.Takes(m.offer, "video"), media.Takes(m.offer, "audio")
}

// Answer accepts an inbound call, and sends those of the tracks that it takes;
// see Takes. It does not wait. An error says that the call was answered or
// refused before, or has ended.
func (m *MediaConnection) Answer(o CallOptions) error {
	if !m.life.Accept(func() { m.o = o }) {
		return errors.New("peerjs: the call is not ringing")
	}
	return nil
}

// Refuse hangs up on an inbound call. The other peer sees it closed. Afterwards
// it does nothing.
func (m *MediaConnection) Refuse() { m.life.Refuse(nil) }

// Tracks are those of the other peer that have come and not ended.
func (m *MediaConnection) Tracks() []*Track {
	if x := m.exchange.Load(); x != nil {
		return x.Tracks()
	}
	return nil
}

// Stats are those of the tracks that are sent.
func (m *MediaConnection) Stats() []media.SenderStats {
	if x := m.exchange.Load(); x != nil {
		return x.Stats()
	}
	return nil
}

// prepare adds the tracks and the hidden channel.
func (m *MediaConnection) prepare(pc *webrtc.PeerConnection) error {
	pc.OnDataChannel(func(d *webrtc.DataChannel) { m.hidden.Use(d, m.onHidden) })
	if m.life.Refused() {
		return nil
	}
	x := media.NewExchange(pc, media.ExchangeOptions{
		// One stream for all: a page shows the one that came last.
		StreamID: m.life.ID, Viewer: m.Viewer(), Codecs: m.p.o.Codecs,
		Controller: congestion.NewBackoff(m.p.o.Bitrate), Packetizers: &m.p.packs,
		OnTrack: func(t *Track) { events.Emit(&m.p.hub, TrackStarted{Call: m, Track: t}) }, Log: m.log,
	})
	m.exchange.Store(x)
	direction := webrtc.RTPTransceiverDirectionSendrecv
	if m.o.SendOnly {
		direction = webrtc.RTPTransceiverDirectionSendonly
	}
	var codecs []encode.Codec
	if m.life.Outbound { // else they are the other peer's, and the track chooses
		codecs = m.p.o.Codecs
	}
	for _, t := range m.o.Tracks {
		if len(t.Codecs()) == 0 || !m.life.Outbound && !media.Takes(m.offer, media.KindOf(t.Codecs()[0]).String()) {
			continue
		}
		if err := x.Add(t, direction, codecs); err != nil {
			return err
		}
	}
	if m.life.Outbound {
		hidden, err := pc.CreateDataChannel(hiddenLabel, &webrtc.DataChannelInit{Ordered: new(bool)})
		if err != nil {
			return err
		}
		m.hidden.Use(hidden, m.onHidden)
	}
	m.life.Go(func() { x.Run(m.life.Context()) })
	return nil
}

// Viewer is what the call is named at the streams whose tracks it sends.
func (m *MediaConnection) Viewer() string { return m.life.Remote + "/" + m.life.ID }

// onHidden is told that the hidden channel is open.
func (m *MediaConnection) onHidden() {
	if m.life.Refused() {
		m.life.End(ErrRefused)
		return
	}
	events.Emit(&m.p.hub, WillCloseOnRemote{Call: m})
}

// connected lets the tracks send.
func (m *MediaConnection) connected() {
	if x := m.exchange.Load(); x != nil {
		x.Connected()
	}
}

// stop ends the sending.
func (m *MediaConnection) stop() {
	if x := m.exchange.Load(); x != nil {
		x.Close()
		m.life.Go(x.Wait)
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
