package peer

import (
	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/peer/channel"
)

// RestartICE makes r look for another way through.
func RestartICE(r *Remote) { r.neg.offerSoon(true) }

// SendRaw sends anything on a data channel of ours, as a hostile peer might.
func SendRaw(r *Remote, label string, data []byte, text bool) error {
	d := r.control
	for _, s := range r.Streams() {
		s.sending.mu.Lock()
		switch label {
		case labelInput:
			d = s.sending.input
		case labelMotion:
			d = s.sending.motion
		}
		s.sending.mu.Unlock()
	}
	if !isOpen(d) {
		return errNotOpen
	}
	if text {
		return d.SendText(string(data))
	}
	return d.Send(data)
}

// Renegotiate makes r offer, as for a change of what it sends.
func Renegotiate(r *Remote) {
	r.neg.changes.Add(1)
	r.neg.offerSoon(false)
}

// Vanish ends r as a crash does: the other side is told nothing.
func Vanish(r *Remote) {
	_ = r.pc.SCTP().Transport().ICETransport().Stop()
}

// UseICEPair names the transport that r uses: "udp" or "tcp".
func UseICEPair(r *Remote) string {
	pair, err := r.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return ""
	}
	return pair.Remote.Protocol.String()
}

// Generation tells one use of ICE from that after a restart.
func Generation(r *Remote) string {
	params, _ := r.pc.SCTP().Transport().ICETransport().GetRemoteParameters()
	return params.UsernameFragment
}

// MaxSilent bounds the silent connections.
const MaxSilent = maxSilent

// MaxRequests bounds the requests of one remote that are being decided, and
// MaxInbound the streams of one remote that we watch.
const (
	MaxRequests = maxRequests
	MaxInbound  = maxInbound
)

// MediaSections is how many an offer of r would have.
func MediaSections(r *Remote) int {
	if d := r.pc.LocalDescription(); d != nil {
		return mediaSections(d.SDP)
	}
	return 0
}

// SDP is what r said of itself.
func SDP(r *Remote) string {
	if d := r.pc.LocalDescription(); d != nil {
		return d.SDP
	}
	return ""
}

// Agreed counts the changes of r that were negotiated, and Settled is true when
// all were.
func Agreed(r *Remote) int64 { return r.neg.agreed.Load() }

// Settled is true when nothing of r waits to be negotiated.
func Settled(r *Remote) bool {
	return r.neg.agreed.Load() == r.neg.changes.Load() && r.pc.SignalingState() == webrtc.SignalingStateStable
}

// Unsent is how much waits on r's control channel.
func Unsent(r *Remote) uint64 { return r.control.BufferedAmount() }

// SendOn sends anything on a named channel.
func SendOn(c *DataChannel, data []byte) error { return c.raw.Send(data) }

// AskPatches asks for patches of a stream that r sends us, and returns what
// comes.
func AskPatches(r *Remote, stream int) (*webrtc.DataChannel, <-chan []byte, error) {
	d, err := r.openNext(labelPatches, channel.Reliable)
	if err != nil {
		return nil, nil, err
	}
	came := make(chan []byte, 1024)
	d.OnMessage(func(m webrtc.DataChannelMessage) { came <- m.Data })
	r.sendControl(patches{Stream: stream, Channel: *d.ID()})
	return d, came, nil
}
