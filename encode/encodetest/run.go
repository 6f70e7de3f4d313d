package encodetest

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// Options says what to expect of a backend.
type Options struct {
	// Decoder decodes what the backend encodes. Tests that need it are
	// skipped where its Probe fails. Not used for sound, where a backend
	// brings its own.
	Decoder encode.Backend
	// Allocates is true for an encoder that is somebody else's and allocates
	// memory for each frame.
	Allocates bool
	// OwnKeys is true for an encoder that puts in key frames where it sees a
	// new scene, and cannot be told not to.
	OwnKeys bool
	// Brief leaves out what takes long, rates and quality: for a walk along a
	// table, whose backends have tests of their own.
	Brief bool
	// Least is the least side in pixels that it must take. Zero means 16.
	Least int
	// Overshoot is how far the rate may exceed the target over two seconds,
	// as a fraction. Zero means 0.15. Whoever sets it says why.
	Overshoot float64
}

// The stream that most tests encode: small enough to be quick in a debug
// build, and with as many bits a pixel as 9 Mbit/s at 720p.
const (
	width   = 640
	height  = 360
	bitrate = 2_250_000
)

// The pictures of that size. They are drawn once for all the tests of a
// package, since drawing takes as long as encoding does.
var (
	camera  = sync.OnceValue(func() Content { return Camera(width, height) })
	noise   = sync.OnceValue(func() Content { return Noise(width, height) })
	text    = sync.OnceValue(func() Content { return Text(width, height) })
	patches = sync.OnceValue(func() Content { return Patches(width, height) })
)

// suite is one backend under test.
type suite struct {
	b encode.Backend
	o Options
}

// Need skips the test where b cannot serve, at a desk that lacks its library
// for one; in CI it fails it.
func Need(t testing.TB, b encode.Backend) {
	t.Helper()
	err := b.Probe()
	if err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s: %v", b.Name, err)
	}
	t.Skipf("%s: %v", b.Name, err)
}

// Run holds b to the contracts of [encode.Encoder] or, for sound, of
// [encode.AudioEncoder]. It skips the test when b cannot serve here.
func Run(t *testing.T, b encode.Backend, o Options) {
	Need(t, b)
	if b.NewAudioEncoder != nil {
		runAudio(t, b)
		return
	}
	if o.Overshoot == 0 {
		o.Overshoot = 0.15
	}
	o.Least = max(o.Least, 16)
	s := suite{b, o}
	t.Run("Stamps", s.stamps)
	t.Run("Colours", s.colours)
	t.Run("KeyFrames", s.keyFrames)
	if !s.o.Brief {
		t.Run("Quality", s.quality)
		t.Run("Rate", s.rate)
		t.Run("SetBitrate", s.setBitrate)
	}
	t.Run("Formats", s.formats)
	t.Run("Sizes", s.sizes)
	t.Run("Parameters", s.parameters)
	t.Run("WrongFrames", s.wrongFrames)
	if !s.o.Allocates && !s.o.Brief {
		t.Run("Allocations", s.allocations)
	}
	t.Run("Close", s.close)
}

// encoder opens an encoder that is closed at the end of the test.
func (s suite) encoder(t *testing.T, p encode.Params) encode.Encoder {
	t.Helper()
	e, err := s.b.NewEncoder(p)
	if err != nil {
		t.Fatalf("open %+v: %v", p, err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e
}

// standard opens an encoder of the usual size.
func (s suite) standard(t *testing.T) encode.Encoder {
	t.Helper()
	return s.encoder(t, encode.Params{Width: width, Height: height, FPS: FPS, Bitrate: bitrate})
}

// decoder opens a decoder that is closed at the end of the test, which is
// skipped where there is none.
func (s suite) decoder(t *testing.T) encode.Decoder {
	t.Helper()
	Need(t, s.o.Decoder)
	d, err := s.o.Decoder.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := d.Close(); err != nil {
				t.Errorf("close the decoder: %v", err)
			}
		}
		if _, err := d.Decode(&encode.Chunk{Data: []byte{0}}); !errors.Is(err, encode.ErrClosed) {
			t.Errorf("decode after Close: %v, want ErrClosed", err)
		}
	})
	return d
}

// mustEncode encodes f and fails the test when that fails.
func mustEncode(t *testing.T, e encode.Encoder, c *encode.Chunk, f *capture.Frame, key bool) {
	t.Helper()
	if err := e.Encode(c, f, key); err != nil {
		t.Fatalf("encode the frame of %v: %v", f.Time, err)
	}
}

// roundTrip encodes n pictures and returns the luma PSNR of the last one. It
// fails when a chunk yields no picture.
func (s suite) roundTrip(t *testing.T, p encode.Params, content Content, n int) (*capture.Frame, float64) {
	t.Helper()
	e, d := s.encoder(t, p), s.decoder(t)
	var c encode.Chunk
	var src, got *capture.Frame
	for i := range n {
		src = content(i)
		mustEncode(t, e, &c, src, false)
		f, err := d.Decode(&c)
		if err != nil {
			t.Fatalf("decode chunk %d: %v", i, err)
		}
		if f == nil && len(c.Data) > 0 {
			t.Fatalf("chunk %d of %d bytes decodes to no picture", i, len(c.Data))
		}
		if f != nil {
			got = f
		}
	}
	if got == nil {
		t.Fatalf("no picture from %d frames", n)
	}
	return got, s.psnr(t, got, src)
}
