package skyway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/peer/congestion"
	"github.com/causeway-rtc/causeway/peer/events"
	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/streams"
)

// CallOptions says what a call sends, and what it takes in return.
type CallOptions struct {
	// Tracks are sent, as one MediaStream, at most one of each kind; they stay
	// the caller's to close. A call without any takes both kinds.
	Tracks []*streams.Track
	// Metadata goes with the offer, as JSON; the server sees it. It is of no
	// use in an answer.
	Metadata any
	// VideoBandwidth and AudioBandwidth are what the other peer may send, in
	// kbit/s. Zero asks for nothing.
	VideoBandwidth, AudioBandwidth int
	// VideoCodec and AudioCodec, such as "H264", allow no other. One that
	// [Options] or a track does not have is an error.
	VideoCodec, AudioCodec string
	// VideoReceive and AudioReceive take a kind of which nothing is sent: the
	// original's videoReceiveEnabled and audioReceiveEnabled.
	VideoReceive, AudioReceive bool
	// SendOnly takes nothing of the kinds that are sent.
	SendOnly bool
}

// MediaConnection is a call.
type MediaConnection struct {
	*Connection
	mu sync.Mutex
	o  CallOptions

	way      limited
	exchange atomic.Pointer[media.Exchange] // nil before the call is prepared
}

// Track is a track of the other peer's stream. Its chunks come from
// [media.Receiver.Next].
type Track = media.Track

// limited is a way that carries no more than the other side allows.
type limited struct {
	congestion.Controller
	most atomic.Int64 // bits a second; 0 is no limit
}

// Target is that of [congestion.Controller].
func (l *limited) Target() int {
	target := l.Controller.Target()
	if most := int(l.most.Load()); most > 0 {
		return min(target, most)
	}
	return target
}

// Call calls another peer and waits until it answers, once the server knows
// us. The errors are those of [Peer.Connect].
func (p *Peer) Call(ctx context.Context, id string, o CallOptions) (*MediaConnection, error) {
	if err := o.check(p.o.Codecs); err != nil {
		return nil, err
	}
	c, err := p.outbound(ctx, Media, id, "mc_"+random(16), o.Metadata)
	if err != nil {
		return nil, err
	}
	c.media = &MediaConnection{Connection: c, o: o}
	if err := p.begin(ctx, c); err != nil {
		return nil, err
	}
	return c.media, nil
}

// check is nil for options that can be met with codecs.
func (o *CallOptions) check(codecs []encode.Codec) error {
	if o.VideoBandwidth < 0 || o.AudioBandwidth < 0 {
		return errors.New("skyway: a bandwidth is negative")
	}
	for _, name := range []string{o.VideoCodec, o.AudioCodec} {
		if name != "" && !slices.ContainsFunc(codecs, func(c encode.Codec) bool { return isNamed(c, name) }) {
			return fmt.Errorf("skyway: %w: the codec %q", errors.ErrUnsupported, name)
		}
	}
	return nil
}

// codecName is the only codec that the options allow for a kind, or empty.
func (o *CallOptions) codecName(kind webrtc.RTPCodecType) string {
	if kind == webrtc.RTPCodecTypeAudio {
		return o.AudioCodec
	}
	return o.VideoCodec
}

// allowed are those of all codecs that the options allow.
func (o *CallOptions) allowed(all []encode.Codec) []encode.Codec {
	return slices.DeleteFunc(slices.Clone(all), func(c encode.Codec) bool {
		name := o.codecName(media.KindOf(c))
		return name != "" && !isNamed(c, name)
	})
}

// receives is true when the call takes a kind of which it sends nothing.
func (o *CallOptions) receives(kind webrtc.RTPCodecType) bool {
	if len(o.Tracks) == 0 && !o.VideoReceive && !o.AudioReceive {
		return true
	}
	return kind == webrtc.RTPCodecTypeVideo && o.VideoReceive || kind == webrtc.RTPCodecTypeAudio && o.AudioReceive
}

// Takes says what an inbound call takes of ours: it has a line for that, and
// what is not in the offer cannot be sent on this call.
func (m *MediaConnection) Takes() (video, audio bool) {
	return media.Takes(m.offer, "video"), media.Takes(m.offer, "audio")
}

// Answer accepts an inbound call, and sends those of the tracks that it takes;
// see Takes. It does not wait. An error says that the options cannot be met, or
// that the call was answered or refused before, or has ended.
func (m *MediaConnection) Answer(o CallOptions) error {
	if err := o.check(m.p.o.Codecs); err != nil {
		return err
	}
	if !m.life.Accept(func() { m.setOptions(o) }) {
		return errors.New("skyway: the call is not ringing")
	}
	return nil
}

// Refuse hangs up on an inbound call. The other peer sees it answered without
// a stream, and closed. Afterwards it does nothing.
func (m *MediaConnection) Refuse() { m.life.Refuse(nil) }

// Tracks are those of the other peer that have come and not ended.
func (m *MediaConnection) Tracks() []*Track {
	if x := m.exchange.Load(); x != nil {
		return x.Tracks()
	}
	return nil
}

// LocalTracks are what the call sends: the original's localStream.
func (m *MediaConnection) LocalTracks() []*streams.Track { return m.options().Tracks }

// Stats are those of the tracks that are sent.
func (m *MediaConnection) Stats() []media.SenderStats {
	if x := m.exchange.Load(); x != nil {
		return x.Stats()
	}
	return nil
}

// ReplaceStream sends these tracks and no others from now on. One takes over
// from another of its kind at once, if the codec allows. What needs another
// negotiation waits, if the call is the other peer's, for the next that it
// begins.
func (m *MediaConnection) ReplaceStream(tracks []*streams.Track) error {
	x := m.exchange.Load()
	if x == nil || m.life.Err() != nil {
		return errors.New("skyway: the call is not answered, or has ended")
	}
	m.mu.Lock()
	m.o.Tracks = tracks
	o := m.o
	m.mu.Unlock()
	renegotiate, err := x.Replace(tracks, o.allowed(m.p.o.Codecs))
	if err != nil {
		return fmt.Errorf("skyway: %w", err)
	}
	if renegotiate && m.life.Outbound {
		m.life.Renegotiate()
	}
	return nil
}

func (m *MediaConnection) options() CallOptions {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.o
}

func (m *MediaConnection) setOptions(o CallOptions) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.o = o
}

// prepare adds the tracks, and lines for what is only taken.
func (m *MediaConnection) prepare(pc *webrtc.PeerConnection) error {
	if m.life.Refused() {
		return nil
	}
	o := m.options()
	m.way.Controller = congestion.NewBackoff(m.p.o.Bitrate)
	x := media.NewExchange(pc, media.ExchangeOptions{
		// One stream for all: a page shows the one that came last.
		StreamID: m.life.ID, Viewer: m.Viewer(), Codecs: m.p.o.Codecs, Allowed: o.allowed(m.p.o.Codecs),
		Controller: &m.way, Packetizers: &m.p.packs, OnTrack: m.onTrack, Log: m.log,
	})
	m.exchange.Store(x)
	if err := m.add(x, o); err != nil {
		return err
	}
	m.life.Go(func() { x.Run(m.life.Context()) })
	return nil
}

// add adds what the options say.
func (m *MediaConnection) add(x *media.Exchange, o CallOptions) error {
	direction := webrtc.RTPTransceiverDirectionSendrecv
	if o.SendOnly {
		direction = webrtc.RTPTransceiverDirectionSendonly
	}
	allowed := o.allowed(m.p.o.Codecs)
	if !m.life.Outbound {
		allowed = nil // they are the other peer's, and the track chooses
	}
	var sent []webrtc.RTPCodecType
	for _, t := range o.Tracks {
		if len(t.Codecs()) == 0 {
			continue
		}
		kind := media.KindOf(t.Codecs()[0])
		if !m.life.Outbound && !media.Takes(m.offer, kind.String()) {
			continue
		}
		if err := x.Add(t, direction, allowed); err != nil {
			return err
		}
		sent = append(sent, kind)
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if m.life.Outbound && o.receives(kind) && !slices.Contains(sent, kind) {
			if err := x.Receive(kind, allowed); err != nil {
				return err
			}
		}
	}
	return nil
}

// restrict has nothing but what the options allow answered to an offer.
func (m *MediaConnection) restrict() error {
	o, x := m.options(), m.exchange.Load()
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if x == nil || o.codecName(kind) == "" {
			continue
		}
		if err := x.Restrict(kind, o.allowed(m.p.o.Codecs)); err != nil {
			return err
		}
	}
	return nil
}

func (m *MediaConnection) onTrack(t *Track) {
	if m.room != nil {
		m.room.onTrack(m.life.Remote, t)
		return
	}
	events.Emit(&m.p.hub, TrackStarted{Call: m, Track: t})
}

// limit obeys what the other peer says that it takes.
func (m *MediaConnection) limit(sdp string) { m.way.most.Store(int64(bandwidthOf(sdp, "video"))) }

// Viewer is what the call is named at the streams whose tracks it sends.
func (m *MediaConnection) Viewer() string { return m.life.Remote + "/" + m.life.ID }

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
