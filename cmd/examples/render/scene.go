package main

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/input"
)

// view is how the ring is seen at one moment.
type view struct {
	yaw, pitch float64 // radians
	zoom       float64
	moved      bool // it differs from the view before
}

// scene is what viewers move. It is an [input.Injector]: what they do comes to
// Inject from the goroutines of their connections.
type scene struct {
	mu       sync.Mutex
	now      view
	paused   bool
	dragging bool
	x, y     uint16             // of the pointer, as a fraction of the picture
	held     map[uint16]bool    // keys that are down
	turns    map[uint16]turning // what keys do, by evdev code
	pause    uint16             // code of the key that stops the ring
}

// turning is what an arrow key does, in radians a second.
type turning struct{ yaw, pitch float64 }

func newScene() *scene {
	s := &scene{now: view{yaw: 0.5, pitch: 0.6, zoom: 1, moved: true}, held: map[uint16]bool{}, turns: map[uint16]turning{}}
	for name, t := range map[string]turning{"ArrowLeft": {yaw: -2}, "ArrowRight": {yaw: 2}, "ArrowUp": {pitch: -2}, "ArrowDown": {pitch: 2}} {
		code, _ := input.KeyCode(name)
		s.turns[code] = t
	}
	s.pause, _ = input.KeyCode("Space")
	return s
}

// Inject makes e happen to the ring. It is that of [input.Injector].
func (s *scene) Inject(e input.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := e.(type) {
	case input.Button:
		if e.At {
			s.x, s.y = e.X, e.Y
		}
		if e.Button == 1 {
			s.dragging = e.Down
		}
	case input.Move:
		if s.dragging {
			// As far as the picture is wide is once around.
			s.turn(float64(int(e.X)-int(s.x))/65536, float64(int(e.Y)-int(s.y))/65536)
		}
		s.x, s.y = e.X, e.Y
	case input.Nudge: // of a viewer in game mode, whose pointer is hidden
		s.turn(float64(e.DX)/width, float64(e.DY)/height)
	case input.Wheel:
		s.now.zoom = min(max(s.now.zoom*math.Exp(-float64(e.DY)/1200), 0.4), 2)
		s.now.moved = true
	case input.Key:
		return s.key(e)
	case input.Text: // characters come as text, but for those of a game
		if e.Text != " " {
			return fmt.Errorf("render: this text does nothing: %w", errors.ErrUnsupported)
		}
		s.paused = !s.paused
	default:
		return fmt.Errorf("render: %T does nothing: %w", e, errors.ErrUnsupported)
	}
	return nil
}

func (s *scene) key(e input.Key) error {
	switch _, turns := s.turns[e.Code]; {
	case turns:
		s.held[e.Code] = e.Down
	case e.Code == s.pause:
		s.paused = s.paused != e.Down
	default:
		return fmt.Errorf("render: this key does nothing: %w", errors.ErrUnsupported)
	}
	return nil
}

// Close does nothing: a scene holds nothing that must be freed.
func (s *scene) Close() error { return nil }

// turn turns the ring by fractions of a whole turn.
func (s *scene) turn(yaw, pitch float64) {
	if yaw == 0 && pitch == 0 {
		return
	}
	s.now.yaw = math.Mod(s.now.yaw+yaw*2*math.Pi, 2*math.Pi)
	s.now.pitch = math.Mod(s.now.pitch+pitch*2*math.Pi, 2*math.Pi)
	s.now.moved = true
}

// advance lets the ring turn for a time, and returns how it is then seen.
func (s *scene) advance(t time.Duration) view {
	s.mu.Lock()
	defer s.mu.Unlock()
	turns := t.Seconds() / (2 * math.Pi)
	if !s.paused && !s.dragging {
		s.turn(0.7*turns, 0.4*turns)
	}
	for code, down := range s.held {
		if down {
			s.turn(s.turns[code].yaw*turns, s.turns[code].pitch*turns)
		}
	}
	seen := s.now
	s.now.moved = false
	return seen
}

// voice is the tone that follows the ring.
type voice struct {
	owed    float64 // samples that are due, with a fraction
	phase   float64 // of the tone, in turns
	freq    float64 // Hz, which glides
	samples []float32
}

// sing returns the stereo samples of a time, at 48 kHz: the tone rises as the
// ring tilts, and moves to the side that the ring turns to. They are valid
// until the next call.
func (v *voice) sing(now view, t time.Duration) []float32 {
	const rate = 48000
	v.owed = min(v.owed+t.Seconds()*rate, rate/10)
	n := int(v.owed)
	v.owed -= float64(n)
	v.samples = v.samples[:0]
	want := 220 * math.Exp2(math.Sin(now.pitch))
	side := math.Sin(now.yaw)
	left, right := 0.05*(1-side), 0.05*(1+side)
	for range n {
		v.freq += (want - v.freq) / 1000 // no clicks
		v.phase = math.Mod(v.phase+v.freq/rate, 1)
		// The octave above makes it sound less like a telephone.
		tone := math.Sin(2*math.Pi*v.phase) + 0.3*math.Sin(4*math.Pi*v.phase)
		v.samples = append(v.samples, float32(left*tone), float32(right*tone))
	}
	return v.samples
}
