package bench

import (
	"fmt"
	"sync"

	"github.com/jfreymuth/pulse"
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
	mu     sync.Mutex
	tape   Tape
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
		e.tape.Append(piece, Now())
		return len(piece), nil
	})
	// Pieces of 10 ms: a shorter wait would make the server work in shorter
	// steps, which would do the host good.
	stream, err := e.client.NewRecord(keep, pulse.RecordMonitor(sink), pulse.RecordSampleRate(soundRate), pulse.RecordMono, pulse.RecordLatency(0.01))
	if err == nil {
		stream.Start()
	}
	return err
}

// Tape is what was recorded so far.
func (e *Ear) Tape() Tape {
	e.mu.Lock()
	defer e.mu.Unlock()
	return Tape{append([]int16(nil), e.tape.samples...), e.tape.began}
}

// Close ends the recording. The second call does nothing.
func (e *Ear) Close() error {
	if e.client != nil {
		e.client.Close()
		e.client = nil
	}
	return nil
}
