package peer

import (
	"fmt"
	"time"

	"github.com/pion/webrtc/v4"
)

// hurrySteps are the waits between the looks of [Remote.hurry]: close together
// at first, for the local network, and 1.3 s in all.
var hurrySteps = [...]time.Duration{10, 10, 10, 15, 15, 20, 30, 40, 60, 80, 110, 150, 200, 250, 300}

// hurry makes pion look at once whether a way has been found.
//
// A controlling ICE agent has to nominate a pair that has answered (RFC 8445
// §8.1.1). pion looks whether one has every 200 ms, which on a local network
// is most of the time that connecting takes, and the interval cannot be set
// from here. It also looks when it learns of a candidate. So it is told of
// candidates that nothing comes of: TCP candidates of the kind that only ever
// calls (RFC 6544 §4.5), at an address for documentation (RFC 5737).
func (r *Remote) hurry() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i, step := range hurrySteps {
		timer.Reset(step * time.Millisecond)
		select {
		case <-timer.C:
		case <-r.ctx.Done():
			return
		}
		if s := r.pc.ICEConnectionState(); s != webrtc.ICEConnectionStateNew && s != webrtc.ICEConnectionStateChecking {
			return
		}
		nothing := fmt.Sprintf("candidate:%d 1 tcp 1 192.0.2.1 %d typ host tcptype active", 9000+i, 9+i)
		if err := r.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: nothing, SDPMid: new("0")}); err != nil {
			r.log.Debug("connecting could not be hurried", "err", err)
			return
		}
	}
}
