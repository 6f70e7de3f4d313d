package main

import (
	"math"
	"sync"

	"github.com/jfreymuth/pulse"
)

// chime plays a bell-like tone at each click. Without a sound server it is
// silent.
type chime struct {
	client *pulse.Client
	stream *pulse.PlaybackStream

	mu    sync.Mutex
	bells []bell
}

// bell is one tone that sounds: its frequency in Hz and its age in samples.
type bell struct {
	hz  float64
	age int
}

const (
	chimeRate  = 48000
	bellLength = chimeRate * 6 / 5
)

func newChime() *chime {
	c := &chime{}
	client, err := pulse.NewClient(pulse.ClientApplicationName("Causeway demonstration"))
	if err != nil {
		return c
	}
	stream, err := client.NewPlayback(pulse.Int16Reader(c.read), pulse.PlaybackSampleRate(chimeRate), pulse.PlaybackMono, pulse.PlaybackLatency(0.03))
	if err != nil {
		client.Close()
		return c
	}
	c.client, c.stream = client, stream
	return c
}

// strike sounds a tone of a pentatonic scale, higher the further right.
func (c *chime) strike(x int) {
	if c.stream == nil {
		return
	}
	steps := []float64{0, 2, 4, 7, 9, 12, 14, 16}
	step := steps[min(max(x, 0), sceneWidth-1)*len(steps)/sceneWidth]
	c.mu.Lock()
	c.bells = append(c.bells[max(len(c.bells)-7, 0):], bell{hz: 440 * math.Pow(2, step/12)})
	c.mu.Unlock()
	if !c.stream.Running() {
		c.stream.Start()
	}
}

// read mixes the bells. It ends the stream when all are silent, so that the
// sound server rests as well.
func (c *chime) read(out []int16) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.bells) == 0 {
		return 0, pulse.EndOfData
	}
	for i := range out {
		var v float64
		for b := range c.bells {
			bell := &c.bells[b]
			t := float64(bell.age) / chimeRate
			bell.age++
			v += math.Sin(2*math.Pi*bell.hz*t) * math.Exp(-4*t) * 0.25
			v += math.Sin(2*math.Pi*bell.hz*2.76*t) * math.Exp(-9*t) * 0.08
		}
		out[i] = int16(max(min(v, 1), -1) * 32767)
	}
	kept := c.bells[:0]
	for _, b := range c.bells {
		if b.age < bellLength {
			kept = append(kept, b)
		}
	}
	c.bells = kept
	return len(out), nil
}

func (c *chime) close() {
	if c.client != nil {
		c.stream.Close()
		c.client.Close()
	}
}
