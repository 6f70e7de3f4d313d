package media

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const (
	// historyLen is how many packets can be sent again: half a second or
	// more of video. A power of two, as sequence numbers wrap.
	historyLen = 1024
	// resendPause is the least time between two resendings of one packet,
	// whoever asks how often.
	resendPause = 8 * time.Millisecond
)

// History answers NACKs (RFC 4585 §6.2.1) with retransmissions (RFC 4588)
// where the viewer knows them, else with the packet itself. It keeps no
// copies: payloads are shared and never change.
type History struct {
	out   webrtc.TrackLocalWriter
	plain rtp.Header // of a packet sent again as it was
	rtx   rtp.Header // of a retransmission; its SSRC is 0 when not agreed

	mu      sync.Mutex
	packets [historyLen]sentPacket
	buf     []byte // of a retransmission's payload
}

type sentPacket struct {
	payload   []byte
	resent    time.Time
	timestamp uint32
	seq       uint16
	marker    bool
}

// NewHistory makes the history of a track that is bound in ctx with params.
// What is sent again has the playout-delay extension at zero, under delayID
// unless that is zero.
func NewHistory(ctx webrtc.TrackLocalContext, params webrtc.RTPCodecParameters, delayID uint8) *History {
	h := &History{
		out:   ctx.WriteStream(),
		plain: rtp.Header{Version: 2, SSRC: uint32(ctx.SSRC()), PayloadType: uint8(params.PayloadType)},
		buf:   make([]byte, 0, maxPayload+2),
	}
	setExtension(&h.plain, delayID, zeroDelay[:])
	apt := fmt.Sprintf("apt=%d", params.PayloadType)
	for _, c := range ctx.CodecParameters() {
		if strings.EqualFold(c.MimeType, webrtc.MimeTypeRTX) && c.SDPFmtpLine == apt && ctx.SSRCRetransmission() != 0 {
			h.rtx = rtp.Header{
				Version: 2, SSRC: uint32(ctx.SSRCRetransmission()), PayloadType: uint8(c.PayloadType),
				SequenceNumber: uint16(rand.Uint32()),
			}
			setExtension(&h.rtx, delayID, zeroDelay[:])
		}
	}
	return h
}

// Add keeps a packet that was sent. payload must not change any more.
func (h *History) Add(seq uint16, timestamp uint32, marker bool, payload []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.packets[seq%historyLen] = sentPacket{payload: payload, timestamp: timestamp, seq: seq, marker: marker}
}

// Resend sends the packet of sequence number seq again, if it is there and
// was not sent again just now. It reports whether it was sent.
func (h *History) Resend(seq uint16, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := &h.packets[seq%historyLen]
	if p.payload == nil || p.seq != seq || now.Sub(p.resent) < resendPause {
		return false
	}
	p.resent = now
	if h.rtx.SSRC == 0 {
		h.plain.SequenceNumber, h.plain.Timestamp, h.plain.Marker = seq, p.timestamp, p.marker
		_, err := h.out.WriteRTP(&h.plain, p.payload)
		return err == nil
	}
	h.rtx.SequenceNumber++
	h.rtx.Timestamp, h.rtx.Marker = p.timestamp, p.marker
	h.buf = append(binary.BigEndian.AppendUint16(h.buf[:0], seq), p.payload...)
	_, err := h.out.WriteRTP(&h.rtx, h.buf)
	return err == nil
}
