package sfu

import (
	"log/slog"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/congestion"
)

const (
	// defaultStart is where the rate to a receiver starts, in bits a second.
	defaultStart = 8_000_000
	// maxSDP bounds an answer, in bytes, and maxCandidate a candidate.
	maxSDP       = 256 << 10
	maxCandidate = 4 << 10
	// maxTracks bounds what comes from a member, each encoding for itself.
	maxTracks = 16
	// maxLayers bounds the encodings of one picture, and maxTemporal the
	// temporal layers of one of them, which the wire bounds as well.
	maxLayers   = 4
	maxTemporal = 8
)

// Options says what an [SFU] does.
type Options struct {
	// Port is where ICE listens. Nil means ports of its own for each member.
	Port *peer.Port
	// ICEServers are STUN and TURN servers.
	ICEServers []peer.ICEServer
	// Codecs are what may be sent, best first. Nil means VP8, H.264, VP9 and
	// Opus. A receiver that has not the codec of a track does not get it.
	Codecs []encode.Codec
	// Layers are the names (RFC 8852) of the encodings of a picture that
	// members are asked for: "l", "m", "h"; browsers make the first the
	// smallest. Nil means one encoding without a name. Who sends but one is
	// forwarded nonetheless; but what a page has added before the first offer,
	// as skyway-js does, browsers do not send where encodings are asked for
	// (RFC 9429 §5.10).
	Layers []string
	// Controller makes what says how much the way to a receiver carries. Nil
	// means a congestion.Backoff from 8 Mbit/s.
	Controller func() congestion.Controller
	// MaxRooms bounds the rooms, and MaxMembers the members of each. Zero
	// means 1000 and 100.
	MaxRooms, MaxMembers int
	// Log receives a line for each member that comes or goes. Nil discards.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Codecs == nil {
		o.Codecs = []encode.Codec{encode.VP8, encode.H264, encode.VP9, encode.Opus}
	}
	if len(o.Layers) > maxLayers {
		o.Layers = o.Layers[:maxLayers]
	}
	if o.Controller == nil {
		o.Controller = func() congestion.Controller { return congestion.NewBackoff(defaultStart) }
	}
	if o.MaxRooms <= 0 {
		o.MaxRooms = 1000
	}
	if o.MaxMembers <= 0 {
		o.MaxMembers = 100
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// MemberOptions are what a [Member] is told. The functions are called in order
// from one goroutine; an offer that was not taken when there is a newer one is
// never told.
type MemberOptions struct {
	// Offer sends an offer, complete with candidates. streams says whose each
	// of the MediaStreams in it is: the ids of members by msid. Required.
	Offer func(sdp string, streams map[string]string)
	// Closed is told at last that the member is gone, and why unless it was
	// closed on either side. Nil means that nobody asks.
	Closed func(error)
}
