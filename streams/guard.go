package streams

import (
	"errors"
	"fmt"
	"image"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// What an encoder is given before it counts as one that hangs. A picture that
// is larger than 1920×1080 has proportionally more. Time in which the process
// does not run at all, as that of a machine that is asleep, does not count.
const (
	// encodePatience is for a frame, slowPatience for one of the first frames,
	// with which drivers load what they put off.
	encodePatience = 180 * time.Millisecond
	slowPatience   = time.Second
	slowFrames     = 8
	// softPatience is for an encoder that is software: it waits for processors
	// like everything else on a busy machine, and drivers are what hangs.
	softPatience = 2 * time.Second
	// An encoder that is slow as a rule has slowness times what it takes.
	slowness     = 10
	mostPatience = 4 * time.Second
	// openPatience is for opening it, closePatience for closing it, and
	// brokenPatience for closing one that has failed or lies, for which nobody
	// waits. One that hangs has no more.
	openPatience   = 1500 * time.Millisecond
	closePatience  = time.Second
	brokenPatience = 20 * time.Millisecond
	// ticks are the parts in which patience is spent.
	ticks = 10
)

// guard is an encoder that cannot take the picture with it. It runs on a
// goroutine of its own, and what it makes is judged: who hangs, fails or lies
// is replaced by whoever holds the guard. A call into a library that hangs
// cannot be ended, so its goroutine is left behind, as a stray.
//
// It holds an encoder to more than [encode.Encoder] can promise: every error
// is final, and it must be closed.
type guard struct {
	backend encode.Backend
	params  encode.Params
	strays  *strays
	calls   chan call
	done    chan error // of the call before; one fits, so that a stray can end
	ended   chan struct{}
	timer   *time.Timer

	judge  judge
	frames int
	took   time.Duration // by a frame, on average
	broken bool          // it failed or lies
	hung   bool          // it hangs

	// frame is the goroutine's, whatever becomes of the one it is a copy of, and
	// damage the memory of its Damage: none, which says that nothing changed, is
	// not nil, which says nothing.
	frame  capture.Frame
	damage []image.Rectangle
}

// call is what the goroutine is to do: to encode into chunk or, without one,
// to set the bit rate.
type call struct {
	chunk *encode.Chunk
	key   bool
	bps   int
}

// errHangs is wrapped by the errors of what took too long.
var errHangs = errors.New("it hangs")

// open opens an encoder of b under guard.
func (s *strays) open(b encode.Backend, p encode.Params) (*guard, error) {
	if s.hangs(b.Name) {
		return nil, fmt.Errorf("an earlier call has not returned: %w", errHangs)
	}
	g := &guard{
		backend: b, params: p, strays: s,
		calls: make(chan call), done: make(chan error, 1), ended: make(chan struct{}),
		damage: make([]image.Rectangle, 0, 32),
		timer:  time.NewTimer(time.Hour), judge: judge{codec: b.Codec, bps: p.Bitrate},
	}
	go g.run()
	if err := g.wait(openPatience); err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

// run owns the encoder.
func (g *guard) run() {
	defer g.strays.back(g)
	enc, err := g.backend.NewEncoder(g.params)
	g.done <- err
	if err != nil {
		return
	}
	defer enc.Close()
	for c := range g.calls {
		if c.chunk == nil {
			g.done <- enc.SetBitrate(c.bps)
			continue
		}
		g.done <- enc.Encode(c.chunk, &g.frame, c.key)
	}
}

// wait waits for the goroutine.
func (g *guard) wait(patience time.Duration) error {
	for range ticks {
		g.timer.Reset(patience / ticks)
		select {
		case err := <-g.done:
			g.broken = err != nil
			return err
		case <-g.timer.C:
		}
	}
	g.hung = true
	return fmt.Errorf("no answer for %v: %w", patience, errHangs)
}

// patience is what the next frame is given.
func (g *guard) patience() time.Duration {
	least := max(slowness*g.took, encodePatience)
	if g.frames < slowFrames {
		least = max(least, slowPatience)
	}
	if !g.backend.Hardware {
		least = max(least, softPatience)
	}
	const fullHD = 1920 * 1080
	pixels := g.params.Width * g.params.Height
	return min(least*time.Duration(max(pixels, fullHD))/fullHD, mostPatience)
}

// Encode is [encode.Encoder.Encode]. After an error c belongs to the encoder.
func (g *guard) Encode(c *encode.Chunk, f *capture.Frame, key bool) error {
	g.frame = *f
	g.frame.Free = nil
	if f.Damage != nil {
		g.damage = append(g.damage[:0], f.Damage...)
		g.frame.Damage = g.damage
	}
	began := time.Now()
	g.calls <- call{chunk: c, key: key}
	if err := g.wait(g.patience()); err != nil {
		return err
	}
	g.took += (time.Since(began) - g.took) / slowFrames
	g.frames++
	if err := g.judge.check(c, f, key); err != nil {
		g.broken = true
		return fmt.Errorf("it lies: %w", err)
	}
	return nil
}

// SetBitrate is [encode.Encoder.SetBitrate].
func (g *guard) SetBitrate(bps int) error {
	g.judge.bps = bps
	g.calls <- call{bps: bps}
	return g.wait(max(g.patience(), slowPatience))
}

// Close ends the encoder. One that is broken it hardly waits for.
func (g *guard) Close() {
	close(g.calls)
	patience := closePatience
	switch {
	case g.hung:
		patience = 0
	case g.broken:
		patience = brokenPatience
	}
	g.timer.Reset(patience)
	select {
	case <-g.ended:
	case <-g.timer.C:
		g.strays.add(g)
	}
	g.timer.Stop()
}

// strays are the encoders of a [Video] that were given up and have not come
// back. While there is one of a backend, no other of that is opened, so there
// are never more than were in use at the same time. The zero value has none.
type strays struct {
	mu   sync.Mutex
	away map[*guard]bool
}

// hangs is true while a backend of that name has a stray.
func (s *strays) hangs(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for g := range s.away {
		if g.backend.Name == name {
			return true
		}
	}
	return false
}

// add gives g up, unless it has come back just now.
func (s *strays) add(g *guard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-g.ended:
		return
	default:
	}
	if s.away == nil {
		s.away = map[*guard]bool{}
	}
	s.away[g] = true
}

// back notes that g's goroutine is at its end.
func (s *strays) back(g *guard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.away, g)
	close(g.ended)
}
