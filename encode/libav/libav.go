package libav

import (
	"fmt"
	"slices"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/internal/ffmpeg"
)

// Hardware are the encoders of drivers, the best first.
var Hardware = hardware()

// X264 is libavcodec's libx264: no hardware, but the same path.
var X264 = software().backend()

const (
	// patience is how long to wait for the chunk of a frame, and mostLag how
	// many frames an encoder may hold back for good.
	patience = 50 * time.Millisecond
	mostLag  = 2
	// An encoder that cannot change its bit rate otherwise is opened again when
	// that is too high by reopenDown or could be higher by reopenUp, since it
	// costs a key frame, and is left open for reopenPause.
	reopenDown, reopenUp = 1.2, 1.5
	reopenPause          = time.Second
)

func hardware() []encode.Backend {
	var all []encode.Backend
	for _, s := range specs() {
		all = append(all, s.backend())
	}
	return all
}

func (s spec) backend() encode.Backend {
	probe := func() error { return trials.of(s).err }
	return encode.Backend{
		Name: s.name, Codec: encode.H264, Hardware: true, Probe: probe,
		ByName: func() bool { return s.byName || trials.of(s).slow() },
		NewEncoder: func(p encode.Params) (encode.Encoder, error) {
			// Whoever did not ask is not spared.
			if err := probe(); err != nil {
				return nil, fmt.Errorf("libav: %w", err)
			}
			return newEncoder(s, p, ffmpeg.Load)
		},
	}
}

// loader loads FFmpeg: ffmpeg.Load, unless it is a test's.
type loader func() (*ffmpeg.Library, error)

type encoder struct {
	spec    spec
	params  encode.Params
	convert *encode.Converter
	library *ffmpeg.Library
	native  *ffmpeg.Encoder

	sent, got int64            // frames, since native was opened
	lag       int64            // how many frames it held back, the last time
	times     [8]time.Duration // of the frames sent, by number
	sets      []byte           // the parameter sets that came last
	open      int              // the bit rate that native was opened with
	opened    time.Duration    // when, on the clock of frames
}

func newEncoder(s spec, p encode.Params, load loader) (encode.Encoder, error) {
	p, err := p.WithDefaults()
	if err != nil {
		return nil, fmt.Errorf("libav: %w", err)
	}
	l, err := load()
	if err != nil {
		return nil, fmt.Errorf("libav: %w", err)
	}
	e := &encoder{
		spec: s, params: p, library: l,
		convert: encode.NewConverter(capture.NV12, p.Width, p.Height, encode.H264.Matrix),
	}
	if err := e.reopen(); err != nil {
		l.Close()
		return nil, fmt.Errorf("libav: open: %w", err)
	}
	return e, nil
}

// reopen opens the encoder with the parameters of now.
func (e *encoder) reopen() error {
	if e.native != nil {
		e.native.Close()
		e.native = nil
	}
	n, err := e.openWith(nil)
	if err != nil && e.spec.otherwise != nil {
		if other, cannot := e.openWith(e.spec.otherwise); cannot == nil {
			n, err = other, nil
		}
	}
	if err != nil {
		return err
	}
	e.native, e.sent, e.got, e.open = n, 0, 0, e.params.Bitrate
	return nil
}

// openWith opens FFmpeg's encoder with more settings than its usual ones.
func (e *encoder) openWith(more []ffmpeg.Setting) (*ffmpeg.Encoder, error) {
	return e.library.NewEncoder(ffmpeg.EncoderOptions{
		Name: e.spec.encoder, Device: e.spec.device,
		Width: even(e.params.Width), Height: even(e.params.Height),
		Settings: slices.Concat(common(e.params), e.spec.settings, more),
	})
}

func (e *encoder) Encode(c *encode.Chunk, f *capture.Frame, key bool) error {
	if e.native == nil {
		return fmt.Errorf("libav: encode: %w", encode.ErrClosed)
	}
	in, err := e.convert.Convert(f, key)
	if err != nil {
		return fmt.Errorf("libav: %w", err)
	}
	if e.astray() && f.Time-e.opened >= reopenPause {
		if err := e.reopen(); err != nil {
			return fmt.Errorf("libav: open again for another bit rate: %w", err)
		}
	}
	if e.sent == 0 {
		e.opened = f.Time
	}
	if err := e.exchange(c, in, key || e.sent == 0); err != nil {
		return fmt.Errorf("libav: encode with %s: %w", e.spec.encoder, err)
	}
	return nil
}

// astray is true when the encoder's bit rate is far from what it should be.
func (e *encoder) astray() bool {
	want, have := float64(e.params.Bitrate), float64(e.open)
	return have > reopenDown*want || want > reopenUp*have
}

// exchange sends a picture and receives a chunk: that of the picture, or of one
// before when the encoder holds some back.
func (e *encoder) exchange(c *encode.Chunk, in *capture.Frame, key bool) error {
	e.times[e.sent%int64(len(e.times))] = in.Time
	*c = encode.Chunk{
		Data: c.Data[:0], Time: in.Time,
		Width: even(e.params.Width), Height: even(e.params.Height),
	}
	if err := e.native.Send(in.Plane[0], in.Stride[0], in.Plane[1], in.Stride[1], key); err != nil {
		return err
	}
	e.sent++
	var wait time.Duration
	if e.sent-e.got > e.lag {
		wait = patience
	}
	data, number, err := e.native.Receive(wait)
	if err != nil {
		return err
	}
	if data == nil {
		if e.lag = e.sent - e.got; e.lag > mostLag {
			return fmt.Errorf("it holds back %d pictures", e.lag)
		}
		return nil
	}
	if number < e.got || number >= e.sent {
		return fmt.Errorf("a chunk of picture %d, where %d to %d were due", number, e.got, e.sent-1)
	}
	e.got = number + 1
	e.lag = e.sent - e.got
	c.Time = e.times[number%int64(len(e.times))]
	return e.fill(c, data)
}

// fill copies data into c, with parameter sets before a key frame.
func (e *encoder) fill(c *encode.Chunk, data []byte) error {
	if c.Key = encode.IsKeyH264(data); c.Key {
		if sets := parameterSets(data); len(sets) > 0 {
			e.sets = append(e.sets[:0], sets...)
		} else if len(e.sets) > 0 {
			c.Data = append(c.Data, e.sets...)
		} else {
			return fmt.Errorf("a key frame without parameter sets")
		}
	}
	c.Data = append(c.Data, data...)
	return nil
}

// parameterSets are the sequence and picture parameter sets of an access unit,
// in Annex B form. They are empty unless there are both.
func parameterSets(data []byte) []byte {
	var sets []byte
	seen := 0
	for nal := range encode.NALUnits(data) {
		switch encode.NALType(nal) {
		case encode.NALSPS, encode.NALPPS:
			seen |= 1 << encode.NALType(nal)
			sets = append(append(sets, 0, 0, 0, 1), nal...)
		}
	}
	if seen != 1<<encode.NALSPS|1<<encode.NALPPS {
		return nil
	}
	return sets
}

func (e *encoder) SetBitrate(bps int) error {
	if e.native == nil {
		return fmt.Errorf("libav: set bitrate: %w", encode.ErrClosed)
	}
	p := e.params
	p.Bitrate = bps
	p, err := p.WithDefaults()
	if err != nil {
		return fmt.Errorf("libav: set bitrate %d: %w", bps, err)
	}
	e.params = p
	if e.spec.adapts == 0 || e.library.Release() < e.spec.adapts {
		return nil // Encode opens it again.
	}
	for _, s := range rate(p) {
		if err := e.native.Set(s); err != nil {
			return fmt.Errorf("libav: set bitrate %d: %w", bps, err)
		}
	}
	e.open = p.Bitrate
	return nil
}

func (e *encoder) Close() error {
	if e.library == nil {
		return nil
	}
	if e.native != nil {
		e.native.Close()
		e.native = nil
	}
	e.library.Close()
	e.library = nil
	return nil
}

func even(n int) int { return (n + 1) &^ 1 }
