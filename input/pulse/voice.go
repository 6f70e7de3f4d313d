package pulse

import (
	"encoding/binary"
	"net"
	"sync"

	"github.com/causeway-rtc/causeway/input"
)

const (
	// ahead is how much sound the server has in hand: 20 ms, in bytes.
	ahead = input.MicrophoneRate / 50 * 2
	// cushion is how many samples are held back when one begins to speak, or
	// was late: packets do not come as evenly as they are played.
	cushion = input.MicrophoneRate / 50
	// most is how many are held. When the viewer's clock is the faster one,
	// what is too much of it is dropped.
	most = input.MicrophoneRate / 10
)

// voice implements [input.Voice]. The server asks for as much sound as it has
// played, and gets silence where there is none.
type voice struct {
	microphone *microphone
	stream     uint32

	mu      sync.Mutex
	held    []int16
	flowing bool   // the cushion has been filled
	out     []byte // what is sent
}

// Say implements [input.Voice].
func (v *voice) Say(samples []int16) error {
	if v.microphone.gone() {
		return v.microphone.explain(net.ErrClosed)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.held = append(v.held, samples...)
	if surplus := len(v.held) - most; surplus > 0 {
		v.held = v.held[:copy(v.held, v.held[surplus:])]
	}
	v.flowing = v.flowing || len(v.held) >= cushion
	return nil
}

// ask sends as many bytes as the server asks for.
func (v *voice) ask(bytes int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	// A server that asks for more than a second is not to be believed.
	n := min(bytes/2, input.MicrophoneRate)
	v.out = v.out[:0]
	for i := range n {
		var sample int16
		if v.flowing && i < len(v.held) {
			sample = v.held[i]
		}
		v.out = binary.LittleEndian.AppendUint16(v.out, uint16(sample))
	}
	if v.flowing {
		v.flowing = len(v.held) >= n
		v.held = v.held[:copy(v.held, v.held[min(n, len(v.held)):])]
	}
	v.microphone.server.Send(v.stream, v.out)
}

// Close implements [input.Voice].
func (v *voice) Close() error { return v.microphone.remove(v) }
