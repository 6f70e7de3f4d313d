package sfu

import (
	"crypto/rand"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/streams"
)

// publication is one picture or sound that a member sends: from its
// connection, or one of a stream's tracks.
type publication struct {
	owner    string // the member's id
	streamID string // of its MediaStream, unique in the SFU
	kind     webrtc.RTPCodecType

	source *source        // what came over the connection, or nil
	track  *streams.Track // of a member without one, or nil
}

// newStreamID names a MediaStream. Members' own names are not used: those of
// two could be the same.
func newStreamID() string { return "sfu-" + rand.Text() }

// sending is a publication on its way to one member.
type sending interface {
	webrtc.TrackLocal
	// ReadFeedback acts on what the receiver says, until sender is stopped.
	ReadFeedback(sender *webrtc.RTPSender)
	// Connected lets it send: the receiver is connected.
	Connected()
	// Report maps timestamps to the wall clock (RFC 3550 §6.4.1).
	Report() (*rtcp.SenderReport, bool)
	// Close ends it and waits.
	Close() error
}

// send makes the sending of p to m.
func (p *publication) send(m *Member) sending {
	if p.source != nil {
		return newOutput(p, m)
	}
	return media.NewSender(p.track, media.SenderOptions{
		StreamID: p.streamID, Viewer: "sfu/" + m.room.name + "/" + m.id,
		Controller: m.controller, Packetizers: &m.sfu.packs,
	})
}
