package sfu

import (
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/media"
)

// extensions are the header extensions of one receiver.
type extensions struct {
	pairs    [2]pair // of those that are forwarded
	sendTime uint8   // the id of abs-send-time, or zero
	now      [3]byte
}

// pair is the ids of an extension at the sender and at the receiver, either
// of them zero when it is not forwarded.
type pair struct{ from, to uint8 }

// newExtensions finds what both sides have agreed to. What is about the
// sender's connection is not forwarded, but what is about its media is.
func newExtensions(from, to []webrtc.RTPHeaderExtensionParameter) extensions {
	id := func(all []webrtc.RTPHeaderExtensionParameter, uri string) uint8 {
		for _, e := range all {
			if e.URI == uri && e.ID > 0 && e.ID < 15 {
				return uint8(e.ID)
			}
		}
		return 0
	}
	var x extensions
	for i, uri := range []string{media.PlayoutDelayURI, media.AudioLevelURI} {
		x.pairs[i] = pair{id(from, uri), id(to, uri)}
	}
	x.sendTime = id(to, media.AbsSendTimeURI)
	return x
}

// put writes the extensions of a packet that came as p into h.
func (x *extensions) put(h *rtp.Header, p *rtp.Packet, now time.Time) {
	h.Extension, h.Extensions = false, h.Extensions[:0]
	for _, e := range x.pairs {
		if e.from == 0 || e.to == 0 {
			continue
		}
		if b := p.GetExtension(e.from); len(b) > 0 && len(b) <= 16 {
			_ = h.SetExtension(e.to, b) // it fits
		}
	}
	if x.sendTime != 0 {
		media.PutSendTime(&x.now, now)
		_ = h.SetExtension(x.sendTime, x.now[:]) // it fits
	}
}
