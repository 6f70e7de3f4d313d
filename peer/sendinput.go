package peer

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/pion/webrtc/v4"

	"github.com/causeway-rtc/causeway/input"
)

// inputSender sends what our person does to a stream.
type inputSender struct {
	sent, cursors atomic.Uint64

	mu     sync.Mutex // keeps the order of what is sent
	input  *webrtc.DataChannel
	motion *webrtc.DataChannel
	seq    uint16
	x, y   int32
}

func (k *inputSender) open(input, motion *webrtc.DataChannel) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.input, k.motion = input, motion
}

func (k *inputSender) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, d := range []*webrtc.DataChannel{k.input, k.motion} {
		if d != nil {
			_ = d.Close()
		}
	}
}

// SendInput sends what the person did: a Key, Text, Button, Wheel, Move,
// Nudge or Release. Numbers of motion and their sums are filled in here. The
// order is kept, but for motion that the network overtakes. Motion that the
// network cannot take is dropped; of the rest nothing is, and an error means
// that the stream takes no input, or the connection is of no use.
func (s *InboundStream) SendInput(e input.Event) error {
	if err := s.sending.send(e); err != nil {
		return fmt.Errorf("peer: input: %w", err)
	}
	s.sending.sent.Add(1)
	return nil
}

func (k *inputSender) send(e input.Event) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !isOpen(k.input) || !isOpen(k.motion) {
		return errNotOpen
	}
	d, limit := k.input, uint64(maxUnsent)
	switch m := e.(type) {
	case input.Move:
		k.seq++
		m.Seq = k.seq
		d, limit, e = k.motion, maxUnsentMotion, m
	case input.Nudge:
		k.seq++
		k.x, k.y = k.x+m.DX, k.y+m.DY
		d, limit, e = k.motion, maxUnsentMotion, input.Motion{Seq: k.seq, X: k.x, Y: k.y}
	case input.Button:
		m.Seq = k.seq
		e = m
	case input.Motion:
		return fmt.Errorf("send a Nudge in place of a Motion: %w", errors.ErrUnsupported)
	}
	sent, err := trySend(d, input.Append(nil, e), limit)
	if err == nil && !sent && d == k.input {
		err = errors.New("the publisher does not read")
	}
	return err
}
