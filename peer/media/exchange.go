package media

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/peer/congestion"
	"github.com/causeway-rtc/causeway/streams"
)

// reportEvery is how often an [Exchange] sends RTCP reports (RFC 3550 §6.4).
const reportEvery = time.Second

// ExchangeOptions says what an [Exchange] is. All but Allowed, MaxTracks and
// OnTrack is required.
type ExchangeOptions struct {
	// StreamID is the id of the MediaStream that all tracks are sent in, and
	// Viewer what the receiver is called at the streams that they are of.
	StreamID, Viewer string
	// Codecs are those of the [Engine].
	Codecs []encode.Codec
	// Allowed are those of them that may be sent. Nil means all.
	Allowed []encode.Codec
	// Controller says what the way to the receiver carries.
	Controller congestion.Controller
	// Packetizers are shared by all Senders of a peer.
	Packetizers *Packetizers
	// MaxTracks bounds the tracks that come. Zero means 8.
	MaxTracks int
	// OnTrack is told of each track that comes. It must not block.
	OnTrack func(*Track)
	// Log receives what was not taken, at the level of debugging.
	Log *slog.Logger
}

// Exchange is the tracks that go both ways over one connection, as a call has
// them: at most one picture and one sound of ours, and what the other side
// sends. Its methods may be called from any goroutine.
type Exchange struct {
	pc *webrtc.PeerConnection
	o  ExchangeOptions
	wg sync.WaitGroup // of the goroutines that read

	mu        sync.Mutex
	sendings  []sending
	streams   int // MediaStreams that were sent and have gone
	tracks    []*Track
	connected bool
	ended     bool
}

// sending is a track of ours, and where it is sent.
type sending struct {
	*Sender
	rtp *webrtc.RTPSender
}

// Track is a track of the other side. Its chunks come from [Receiver.Next].
type Track struct {
	*Receiver
	streamID string
}

// StreamID is the id of the MediaStream that it is in.
func (t *Track) StreamID() string { return t.streamID }

// NewExchange begins to take what comes over pc, which stays the caller's to
// close. Then Close is to be called.
func NewExchange(pc *webrtc.PeerConnection, o ExchangeOptions) *Exchange {
	if o.MaxTracks <= 0 {
		o.MaxTracks = 8
	}
	x := &Exchange{pc: pc, o: o}
	pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { x.onTrack(t) })
	return x
}

// Add sends t, in a section of its own or in one that is free for it. What is
// negotiated is the caller's to say: direction is that of a new section, and
// only those of codecs are offered in it that t has; nil leaves the choice to
// the other side's offer.
func (x *Exchange) Add(t *streams.Track, direction webrtc.RTPTransceiverDirection, codecs []encode.Codec) error {
	s := x.newSender(t)
	transceiver, err := x.pc.AddTransceiverFromTrack(s, webrtc.RTPTransceiverInit{Direction: direction})
	if err != nil {
		return err
	}
	if codecs != nil {
		if err := x.prefer(transceiver, common(t.Codecs(), codecs)); err != nil {
			return err
		}
	}
	return x.keep(s, transceiver.Sender())
}

// Receive takes what the other side has of a kind in codecs, in a section of
// its own.
func (x *Exchange) Receive(kind webrtc.RTPCodecType, codecs []encode.Codec) error {
	init := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
	transceiver, err := x.pc.AddTransceiverFromKind(kind, init)
	if err != nil {
		return err
	}
	return x.prefer(transceiver, slices.DeleteFunc(slices.Clone(codecs), func(c encode.Codec) bool { return KindOf(c) != kind }))
}

func (x *Exchange) newSender(t *streams.Track) *Sender {
	x.mu.Lock()
	id := x.o.StreamID
	if x.streams > 0 {
		id += "-" + strconv.Itoa(x.streams)
	}
	x.mu.Unlock()
	return NewSender(t, SenderOptions{
		StreamID: id, Viewer: x.o.Viewer, Controller: x.o.Controller, Packetizers: x.o.Packetizers, Codecs: x.o.Allowed,
	})
}

// Restrict has nothing but codecs answered to the other side's offer, in its
// sections of a kind. It is an error when the offer has none of them.
func (x *Exchange) Restrict(kind webrtc.RTPCodecType, codecs []encode.Codec) error {
	for _, t := range x.pc.GetTransceivers() {
		if t.Kind() != kind {
			continue
		}
		kept := restrict(negotiated(t), codecs)
		if len(kept) == 0 {
			return fmt.Errorf("media: %w: %s", ErrNoCodec, kind)
		}
		if err := t.SetCodecPreferences(kept); err != nil {
			return err
		}
	}
	return nil
}

// negotiated are the parameters of a section, which has a sender or a receiver.
func negotiated(t *webrtc.RTPTransceiver) []webrtc.RTPCodecParameters {
	if r := t.Receiver(); r != nil {
		return r.GetParameters().Codecs
	}
	if s := t.Sender(); s != nil {
		return s.GetParameters().Codecs
	}
	return nil
}

// restrict is what is left of all with nothing but codecs, and what sends them
// again.
func restrict(all []webrtc.RTPCodecParameters, codecs []encode.Codec) []webrtc.RTPCodecParameters {
	var kept []webrtc.RTPCodecParameters
	again := map[string]bool{}
	for _, p := range all {
		_, ok := Lookup(codecs, p.RTPCodecCapability)
		if ok {
			again[fmt.Sprintf("apt=%d", p.PayloadType)] = true
		}
		if ok || again[p.SDPFmtpLine] {
			kept = append(kept, p)
		}
	}
	return kept
}

// prefer has nothing but codecs negotiated for a section.
func (x *Exchange) prefer(t *webrtc.RTPTransceiver, codecs []encode.Codec) error {
	preferences := Preferences(x.o.Codecs, codecs)
	if len(preferences) == 0 {
		return fmt.Errorf("media: %w: no codec of a track is among the peer's", ErrNoCodec)
	}
	return t.SetCodecPreferences(preferences)
}

// common are those of a that are in b, by their names.
func common(a, b []encode.Codec) []encode.Codec {
	return slices.DeleteFunc(slices.Clone(a), func(c encode.Codec) bool {
		return !slices.ContainsFunc(b, func(have encode.Codec) bool { return have.Name == c.Name })
	})
}

// keep notes a sender and reads what is said of it.
func (x *Exchange) keep(s *Sender, rtp *webrtc.RTPSender) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended {
		return net.ErrClosed // the sender ends with the connection
	}
	x.sendings = append(x.sendings, sending{s, rtp})
	if x.connected {
		s.Connected()
	}
	x.wg.Go(func() { s.ReadFeedback(rtp) })
	return nil
}

// Connected lets the tracks send: the other side is connected.
func (x *Exchange) Connected() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.connected = true
	for _, s := range x.sendings {
		s.Connected()
	}
}

// onTrack begins to read a track of the other side.
func (x *Exchange) onTrack(remote *webrtc.TrackRemote) {
	codec, ok := Lookup(x.o.Codecs, remote.Codec().RTPCodecCapability)
	if !ok {
		x.o.Log.Debug("a track cannot be read", "codec", remote.Codec().MimeType)
		return
	}
	t := &Track{streamID: remote.StreamID()}
	t.Receiver = NewReceiver(remote, codec, ReceiverOptions{WriteRTCP: x.pc.WriteRTCP})
	x.mu.Lock()
	ok = !x.ended && len(x.tracks) < x.o.MaxTracks
	if ok {
		x.tracks = append(x.tracks, t)
		x.wg.Go(func() { // before Wait
			t.Run()
			x.forget(t)
		})
	}
	x.mu.Unlock()
	if ok && x.o.OnTrack != nil {
		x.o.OnTrack(t)
	}
}

// forget makes room for another track.
func (x *Exchange) forget(t *Track) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.tracks = slices.DeleteFunc(x.tracks, func(have *Track) bool { return have == t })
}

// Tracks are those of the other side that have come and not ended.
func (x *Exchange) Tracks() []*Track {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.tracks)
}

// Stats are those of the tracks that are sent.
func (x *Exchange) Stats() []SenderStats {
	x.mu.Lock()
	defer x.mu.Unlock()
	var all []SenderStats
	for _, s := range x.sendings {
		all = append(all, s.Stats())
	}
	return all
}

// Run sends RTCP reports until ctx is done. What does not arrive is made good
// by the next.
func (x *Exchange) Run(ctx context.Context) {
	ticker := time.NewTicker(reportEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if packets := x.reports(); len(packets) > 0 {
			_ = x.pc.WriteRTCP(packets)
		}
	}
}

// reports are those of the tracks of both sides.
func (x *Exchange) reports() []rtcp.Packet {
	var packets []rtcp.Packet
	var received []rtcp.ReceptionReport
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.sendings {
		if r, ok := s.Report(); ok {
			packets = append(packets, r)
		}
	}
	for _, t := range x.tracks {
		if r, ok := t.Report(); ok {
			received = append(received, r)
		}
	}
	if len(received) > 0 {
		packets = append(packets, &rtcp.ReceiverReport{Reports: received})
	}
	return packets
}

// Close ends the sending. What reads ends with the connection, for which Wait
// waits.
func (x *Exchange) Close() {
	x.mu.Lock()
	x.ended = true
	all := slices.Clone(x.sendings)
	x.mu.Unlock()
	for _, s := range all {
		_ = s.Close() // it has no error
	}
}

// Wait waits until nothing is read any more. Both Close and the connection's
// come before.
func (x *Exchange) Wait() { x.wg.Wait() }
