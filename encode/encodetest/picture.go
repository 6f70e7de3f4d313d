package encodetest

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// floor is the PSNR in dB under which an easy picture at a generous rate means
// that something is broken, not that an encoder is weak.
const floor = 33

func (s suite) stamps(t *testing.T) {
	e, content := s.standard(t), camera()
	for i := range 3 {
		// Whatever was in the chunk must be gone.
		c := encode.Chunk{Data: []byte("old"), Key: i > 0, Time: -1, Duration: 1, Width: 1, Height: 1}
		f := content(i)
		mustEncode(t, e, &c, f, false)
		if c.Time != f.Time || c.Duration != 0 || c.Width != width || c.Height != height {
			t.Errorf("chunk %d: time %v, duration %v, %d×%d", i, c.Time, c.Duration, c.Width, c.Height)
		}
		if c.Key != (i == 0) {
			t.Errorf("chunk %d: key is %v", i, c.Key)
		}
	}
}

func (s suite) quality(t *testing.T) {
	for name, content := range map[string]Content{"camera": camera(), "still": patches()} {
		p := encode.Params{Width: width, Height: height, FPS: FPS, Bitrate: 2 * bitrate}
		if _, db := s.roundTrip(t, p, content, 60); db < floor {
			t.Errorf("%s: PSNR is %.1f dB, want at least %d", name, db, floor)
		}
	}
}

func (s suite) colours(t *testing.T) {
	p := encode.Params{Width: width, Height: height, FPS: FPS, Bitrate: 2 * bitrate}
	got, _ := s.roundTrip(t, p, patches(), 20)
	back := encode.NewFrame(capture.BGRA, got.Width, got.Height)
	if err := encode.Convert(back, got, s.b.Codec.Matrix); err != nil {
		t.Fatal(err)
	}
	colours := PatchColours()
	for i, c := range colours {
		x := (2*i + 1) * width / (2 * len(colours))
		pixel := back.Plane[0][height/2*back.Stride[0]+4*x:]
		for channel, want := range []byte{c.B, c.G, c.R} {
			if diff := math.Abs(float64(pixel[channel]) - float64(want)); diff > 8 {
				t.Errorf("%s: channel %d is %d, want %d", c.Name, channel, pixel[channel], want)
			}
		}
	}
}

func (s suite) keyFrames(t *testing.T) {
	const asked = 20
	e, content := s.standard(t), camera()
	var c encode.Chunk
	for i := range asked {
		mustEncode(t, e, &c, content(i), false)
		if c.Key != (i == 0) {
			t.Fatalf("frame %d: key is %v", i, c.Key)
		}
	}
	d := s.decoder(t)
	for i := asked; i < 2*asked; i++ {
		src := content(i)
		mustEncode(t, e, &c, src, i == asked)
		if c.Key != (i == asked) {
			t.Fatalf("frame %d: key is %v after asking for frame %d", i, c.Key, asked)
		}
		got, err := d.Decode(&c)
		if err != nil || got == nil {
			t.Fatalf("a decoder that starts at the key frame: frame %d: %v, %v", i, got, err)
		}
		if db := s.psnr(t, got, src); db < floor-8 {
			t.Errorf("frame %d after the key frame has %.1f dB", i-asked, db)
		}
	}
}

func (s suite) formats(t *testing.T) {
	for _, format := range []capture.PixelFormat{capture.I420, capture.NV12} {
		src := patches()(0)
		f := encode.NewFrame(format, width, height)
		if err := encode.Convert(f, src, encode.BT709); err != nil {
			t.Fatal(err)
		}
		e, d := s.standard(t), s.decoder(t)
		var c encode.Chunk
		mustEncode(t, e, &c, f, false)
		got, err := d.Decode(&c)
		if err != nil || got == nil {
			t.Fatalf("%v: %v, %v", format, got, err)
		}
		if db := s.psnr(t, got, src); db < floor-8 {
			t.Errorf("%v: PSNR is %.1f dB", format, db)
		}
	}
}

func (s suite) sizes(t *testing.T) {
	for _, size := range [][2]int{{641, 361}, {642, 359}, {355, 288}, {1, 1}, {2, 2}, {17, 15}, {16, 16}, {1920, 64}} {
		p := encode.Params{Width: size[0], Height: size[1], FPS: FPS, Bitrate: 2 * bitrate}
		e, err := s.b.NewEncoder(p)
		if small := min(p.Width, p.Height) < s.o.Least; err != nil && small {
			t.Logf("refuses %v: %v", size, err)
			continue
		}
		if err != nil {
			t.Errorf("%v: %v", size, err)
			continue
		}
		var c encode.Chunk
		mustEncode(t, e, &c, Patches(p.Width, p.Height)(0), false)
		e.Close()
		got, db := s.roundTrip(t, p, Camera(p.Width, p.Height), 5)
		if got.Width != c.Width || got.Height != c.Height {
			t.Errorf("%v: chunk says %d×%d, decoder %d×%d", size, c.Width, c.Height, got.Width, got.Height)
		}
		if dw, dh := got.Width-p.Width, got.Height-p.Height; dw < 0 || dw > 1 || dh < 0 || dh > 1 {
			t.Errorf("%v: decodes to %d×%d", size, got.Width, got.Height)
		}
		if db < floor-8 {
			t.Errorf("%v: PSNR is %.1f dB", size, db)
		}
	}
}

func (s suite) parameters(t *testing.T) {
	for _, p := range []encode.Params{{}, {Width: 64}, {Width: -2, Height: 64}, {Width: 1 << 20, Height: 64}, {Width: 64, Height: 64, FPS: -1}} {
		if e, err := s.b.NewEncoder(p); err == nil {
			e.Close()
			t.Errorf("%+v: no error", p)
		}
	}
	// Zero stands for a default.
	e := s.encoder(t, encode.Params{Width: 320, Height: 180})
	var c encode.Chunk
	mustEncode(t, e, &c, Camera(320, 180)(0), false)
}

func (s suite) wrongFrames(t *testing.T) {
	e, content := s.standard(t), camera()
	var c encode.Chunk
	mustEncode(t, e, &c, content(0), false)
	short := *content(1)
	short.Plane[0] = short.Plane[0][:1000]
	for name, f := range map[string]*capture.Frame{"size": Camera(width+2, height)(0), "short": &short, "empty": {}} {
		if err := e.Encode(&c, f, false); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	mustEncode(t, e, &c, content(1), false)
	if c.Time != time.Second/FPS {
		t.Errorf("after the wrong frames: %v", c.Time)
	}
}

func (s suite) allocations(t *testing.T) {
	e, content := s.standard(t), noise()
	var c encode.Chunk
	i := 0
	next := func() {
		mustEncode(t, e, &c, content(i), i%30 == 0)
		i++
	}
	for range 60 {
		next()
	}
	// A chunk may outgrow its memory now and then; on average that is nothing.
	if n := testing.AllocsPerRun(60, next); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func (s suite) close(t *testing.T) {
	e := s.standard(t)
	var c encode.Chunk
	mustEncode(t, e, &c, camera()(0), false)
	for range 2 {
		if err := e.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
	}
	if err := e.Encode(&c, camera()(1), false); !errors.Is(err, encode.ErrClosed) {
		t.Errorf("encode after Close: %v, want ErrClosed", err)
	}
	if err := e.SetBitrate(bitrate); !errors.Is(err, encode.ErrClosed) {
		t.Errorf("set bitrate after Close: %v, want ErrClosed", err)
	}
}
