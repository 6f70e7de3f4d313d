package bench

import (
	"fmt"
	"sync"
	"time"

	"github.com/jfreymuth/pulse"
	"github.com/jfreymuth/pulse/proto"
)

// Speaker plays beeps to a sound server until it is closed.
type Speaker struct{ client *pulse.Client }

// OpenSpeaker begins to play.
func OpenSpeaker(server string) (*Speaker, error) {
	client, err := pulse.NewClient(pulse.ClientServerString(server))
	if err != nil {
		return nil, fmt.Errorf("bench: play to %s: %w", server, err)
	}
	n := 0
	sound := pulse.Int16Reader(func(out []int16) (int, error) {
		for i := range out {
			out[i] = beeps(n)
			n++
		}
		return len(out), nil
	})
	stream, err := client.NewPlayback(sound, pulse.PlaybackSampleRate(soundRate), pulse.PlaybackMono, pulse.PlaybackLatency(0.04))
	if err != nil {
		client.Close()
		return nil, fmt.Errorf("bench: play to %s: %w", server, err)
	}
	stream.Start()
	return &Speaker{client}, nil
}

// Close ends the sound. The second call does nothing.
func (s *Speaker) Close() error {
	if s.client != nil {
		s.client.Close()
		s.client = nil
	}
	return nil
}

// Ear records what a sound server's output plays, until it is closed.
type Ear struct {
	client *pulse.Client
	stream uint32
	mu     sync.Mutex
	heard  []int16
}

// OpenEar begins to record.
func OpenEar(server string) (*Ear, error) {
	client, err := pulse.NewClient(pulse.ClientServerString(server))
	if err != nil {
		return nil, fmt.Errorf("bench: record from %s: %w", server, err)
	}
	e := &Ear{client: client}
	if err := e.record(); err != nil {
		client.Close()
		return nil, fmt.Errorf("bench: record from %s: %w", server, err)
	}
	return e, nil
}

func (e *Ear) record() error {
	sink, err := e.client.DefaultSink()
	if err != nil {
		return err
	}
	keep := pulse.Int16Writer(func(piece []int16) (int, error) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.heard = append(e.heard, piece...)
		return len(piece), nil
	})
	// A server works in the steps of whoever is in the greatest hurry, and that
	// must not be us. What is read late must not be lost either.
	patient := pulse.RecordRawOption(func(r *proto.CreateRecordStream) { r.BufferMaxLength = proto.Undefined })
	stream, err := e.client.NewRecord(keep, pulse.RecordMonitor(sink), pulse.RecordSampleRate(soundRate), pulse.RecordMono, pulse.RecordLatency(0.1), patient)
	if err != nil {
		return err
	}
	e.stream = stream.StreamIndex()
	stream.Start()
	return nil
}

// Tape is what was recorded so far, with the moments at which the server says
// that its output plays it: those do not depend on how it is recorded.
func (e *Ear) Tape() (Tape, error) {
	began, err := e.began()
	e.mu.Lock()
	defer e.mu.Unlock()
	return Tape{append([]int16(nil), e.heard...), began}, err
}

// began is when the output played the first sample. The server is asked more
// than once, and believed when it answers quickest.
func (e *Ear) began() (began time.Duration, err error) {
	least := time.Hour
	for range 20 {
		asked := Now()
		var at proto.GetRecordLatencyReply
		if err := e.client.RawRequest(&proto.GetRecordLatency{StreamIndex: e.stream}, &at); err != nil {
			return 0, fmt.Errorf("bench: when was it played: %w", err)
		}
		if took := Now() - asked; took < least {
			least = took
			// The output plays what it has taken last in MonitorLatency; of
			// that the recording still lacks Latency.
			taken := time.Duration(at.WriteIndex/2)*time.Second/soundRate + microseconds(at.Latency)
			began = asked + took/2 + microseconds(at.MonitorLatency) - taken
		}
	}
	return began, nil
}

func microseconds(n proto.Microseconds) time.Duration { return time.Duration(n) * time.Microsecond }

// Close ends the recording. The second call does nothing.
func (e *Ear) Close() error {
	if e.client != nil {
		e.client.Close()
		e.client = nil
	}
	return nil
}
