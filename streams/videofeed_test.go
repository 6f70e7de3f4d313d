package streams_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/encode/encodetest"
	"github.com/causeway-rtc/causeway/streams"
)

// patience bounds waits on a busy machine.
const patience = 60 * time.Second

var (
	orange = color.RGBA{R: 220, G: 120, B: 30}
	teal   = color.RGBA{R: 20, G: 140, B: 150}
	violet = color.RGBA{R: 120, G: 40, B: 200}
)

// halves is a picture of two colours, left and right.
func halves(t testing.TB, format capture.PixelFormat, w, h int, left, right color.RGBA) streams.Picture {
	t.Helper()
	bgra := encode.NewFrame(capture.BGRA, w, h)
	for y := range h {
		for x := range w {
			c := left
			if x >= (w+1)/2 {
				c = right
			}
			copy(bgra.Plane[0][y*bgra.Stride[0]+4*x:], []byte{c.B, c.G, c.R, 0})
		}
	}
	f := bgra
	switch format {
	case capture.RGBA:
		f.Format = capture.RGBA
		for i := 0; i < len(f.Plane[0]); i += 4 {
			f.Plane[0][i], f.Plane[0][i+2] = f.Plane[0][i+2], f.Plane[0][i]
		}
	case capture.I420, capture.NV12:
		f = encode.NewFrame(format, w, h)
		if err := encode.Convert(f, bgra, encode.BT709); err != nil {
			t.Fatal(err)
		}
	}
	return streams.Picture{Width: w, Height: h, Format: format, Plane: f.Plane, Stride: f.Stride}
}

func submit(t testing.TB, v *streams.VideoFeed, p streams.Picture) {
	t.Helper()
	if err := v.SubmitVideo(p); err != nil {
		t.Fatal(err)
	}
}

func TestVideoFeedIsACapture(t *testing.T) {
	v := streams.NewVideoFeed()
	p := halves(t, capture.BGRA, 64, 48, orange, teal)
	submit(t, v, p)
	capturetest.Run(t, v.Backend(), capturetest.Options{Width: 64, Height: 48, Change: func() { submit(t, v, p) }})
}

// screening is a viewer of a feed's picture, by real encoders and decoders.
type screening struct {
	t    *testing.T
	sink *streams.Sink
	dec  encode.Decoder
}

// screenFeed shows v by one encoder.
func screenFeed(t *testing.T, v *streams.VideoFeed, b encode.Backend) *screening {
	t.Helper()
	encodetest.Need(t, b)
	d, err := codecs.FindDecoder(codecs.All, b.Codec)
	if err != nil {
		d.Probe = func() error { return err }
	}
	encodetest.Need(t, d)
	dec, err := d.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	track := streams.NewTrack("frames", streams.NewVideo(streams.VideoOptions{
		Backends: []capture.Backend{v.Backend()},
		Codecs:   []encode.Codec{b.Codec},
		Encoders: []encode.Backend{b},
	}))
	k := attach(t, track, b.Codec)
	t.Cleanup(func() {
		track.Close()
		dec.Close()
	})
	return &screening{t, k, dec}
}

// see waits until the viewer sees a picture of that size, but for the rounding
// of odd ones, whose middles of left and right have these colours.
func (s *screening) see(w, h int, left, right color.RGBA) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	seen := "nothing"
	for {
		c, err := s.sink.Next(ctx)
		if err != nil {
			s.t.Fatalf("%v; saw %s, want %d×%d of %v and %v", err, seen, w, h, left, right)
		}
		f, err := s.dec.Decode(c)
		if err != nil {
			s.t.Fatal(err)
		}
		if f == nil {
			continue
		}
		a, b := s.at(f, w/4, h/2), s.at(f, w*3/4, h/2)
		seen = fmt.Sprintf("%d×%d of %v and %v", f.Width, f.Height, a, b)
		sized := (f.Width == w || f.Width == w+w%2) && (f.Height == h || f.Height == h+h%2)
		if sized && alike(a, left) && alike(b, right) {
			return
		}
	}
}

// at is the colour of a pixel.
func (s *screening) at(f *capture.Frame, x, y int) color.RGBA {
	s.t.Helper()
	bgra := encode.NewFrame(capture.BGRA, f.Width, f.Height)
	if err := encode.Convert(bgra, f, s.sink.Codec().Matrix); err != nil {
		s.t.Fatal(err)
	}
	p := bgra.Plane[0][min(y, f.Height-1)*bgra.Stride[0]+4*min(x, f.Width-1):]
	return color.RGBA{R: p[2], G: p[1], B: p[0]}
}

func alike(a, b color.RGBA) bool {
	near := func(x, y uint8) bool { return math.Abs(float64(x)-float64(y)) <= 9 }
	return near(a.R, b.R) && near(a.G, b.G) && near(a.B, b.B)
}

// videoEncoders are those of All for video.
func videoEncoders() []encode.Backend {
	return slices.DeleteFunc(slices.Clone(codecs.All), func(b encode.Backend) bool {
		// Hardware that is not there is no failure.
		return b.NewEncoder == nil || b.Hardware
	})
}

func TestSubmittedColoursArrive(t *testing.T) {
	for _, b := range videoEncoders() {
		t.Run(b.Name, func(t *testing.T) {
			v := streams.NewVideoFeed()
			s := screenFeed(t, v, b)
			for _, format := range []capture.PixelFormat{capture.BGRA, capture.RGBA, capture.I420, capture.NV12} {
				submit(t, v, halves(t, format, 128, 96, orange, teal))
				s.see(128, 96, orange, teal)
				submit(t, v, halves(t, format, 128, 96, teal, violet))
				s.see(128, 96, teal, violet)
			}
		})
	}
}

func TestSubmittedPicturesMayChangeSize(t *testing.T) {
	for _, b := range videoEncoders() {
		t.Run(b.Name, func(t *testing.T) {
			v := streams.NewVideoFeed()
			s := screenFeed(t, v, b)
			for i, size := range []image.Point{{64, 48}, {63, 47}, {640, 31}, {17, 200}} {
				format := []capture.PixelFormat{capture.BGRA, capture.I420, capture.NV12, capture.RGBA}[i]
				submit(t, v, halves(t, format, size.X, size.Y, orange, violet))
				s.see(size.X, size.Y, orange, violet)
			}
		})
	}
}

func TestTinyPicturesArePadded(t *testing.T) {
	for _, b := range videoEncoders() {
		t.Run(b.Name, func(t *testing.T) {
			v := streams.NewVideoFeed()
			s := screenFeed(t, v, b)
			for i, size := range []image.Point{{1, 1}, {3, 40}, {1, 5}, {16, 1}} {
				format := []capture.PixelFormat{capture.BGRA, capture.I420, capture.NV12, capture.RGBA}[i]
				submit(t, v, halves(t, format, size.X, size.Y, teal, teal))
				s.see(max(size.X, 16), max(size.Y, 16), teal, teal)
			}
		})
	}
}

func TestLatestPictureAwaitsViewers(t *testing.T) {
	b := videoEncoders()[slices.IndexFunc(videoEncoders(), func(b encode.Backend) bool { return b.Codec.Name == encode.VP8.Name })]
	v := streams.NewVideoFeed()
	submit(t, v, halves(t, capture.BGRA, 64, 48, orange, teal))
	if v.Watched() {
		t.Error("watched before anybody came")
	}
	s := screenFeed(t, v, b)
	s.see(64, 48, orange, teal)
	if !v.Watched() {
		t.Error("not watched by who sees the picture")
	}
}

// openFeed opens a feed as a Video does.
func openFeed(t testing.TB, v *streams.VideoFeed) capture.Source {
	t.Helper()
	src, err := v.Backend().Open(t.Context(), capture.Options{})
	if err != nil {
		t.Error(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

func frame(t testing.TB, take func(context.Context) (*capture.Frame, error)) *capture.Frame {
	t.Helper()
	f, err := take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestNewestPictureWins(t *testing.T) {
	v := streams.NewVideoFeed()
	src := openFeed(t, v)
	grey := func(i int) streams.Picture {
		c := uint8(10 * i)
		return halves(t, capture.BGRA, 32, 32, color.RGBA{c, c, c, 0}, color.RGBA{c, c, c, 0})
	}
	for i := range 6 {
		submit(t, v, grey(i))
	}
	f := frame(t, src.Next)
	if got := f.Plane[0][0]; got != 50 {
		t.Errorf("the first of six pictures is of grey %d, want that of the last, 50", got)
	}
	// What is handed out does not change, and nothing waits for its release.
	for i := 6; i < 12; i++ {
		submit(t, v, grey(i))
	}
	if got := f.Plane[0][0]; got != 50 {
		t.Errorf("a frame that is handed out became grey %d", got)
	}
	f.Release()
	if f = frame(t, src.Next); f.Plane[0][0] != 110 {
		t.Errorf("the second is of grey %d, want 110", f.Plane[0][0])
	}
	f.Release()
}

func TestFeedsDamageAddsUp(t *testing.T) {
	v := streams.NewVideoFeed()
	src, other := openFeed(t, v), openFeed(t, v)
	p := halves(t, capture.BGRA, 64, 48, orange, teal)
	damage := func(r ...image.Rectangle) {
		q := p
		q.Damage = r
		submit(t, v, q)
	}
	check := func(src capture.Source, want ...image.Rectangle) {
		t.Helper()
		f := frame(t, src.Next)
		defer f.Release()
		if (want == nil) != (f.Damage == nil) || !slices.Equal(f.Damage, want) {
			t.Errorf("damage is %v, want %v", f.Damage, want)
		}
	}
	a, b := image.Rect(0, 0, 8, 8), image.Rect(10, 10, 20, 20)
	damage(a)
	check(src)
	damage(a)
	damage(b, image.Rect(70, 0, 80, 10), image.Rect(60, 40, 70, 50))
	check(src, a, b, image.Rect(60, 40, 64, 48))
	damage(b)
	check(src, b)
	submit(t, v, p)
	damage(a)
	check(src)
	check(other)
	damage(a)
	check(other, a)
	var many []image.Rectangle
	for i := range 40 {
		many = append(many, image.Rect(i, i, i+1, i+1))
	}
	damage(many...)
	f := frame(t, src.Next)
	var bounds image.Rectangle
	for _, r := range f.Damage {
		bounds = bounds.Union(r)
	}
	if len(f.Damage) > 20 || bounds != image.Rect(0, 0, 40, 40) {
		t.Errorf("much damage became %v", f.Damage)
	}
	f.Release()
	p = halves(t, capture.BGRA, 66, 48, orange, teal)
	damage(a)
	check(src)
}

func TestFeedsTimesGoForward(t *testing.T) {
	v := streams.NewVideoFeed()
	src := openFeed(t, v)
	p := halves(t, capture.BGRA, 32, 32, orange, teal)
	drawn := capture.Now()
	p.Time = drawn
	submit(t, v, p)
	f := frame(t, src.Next)
	if f.Time != drawn {
		t.Errorf("drawn at %v, captured at %v", drawn, f.Time)
	}
	last := f.Time
	f.Release()
	for i := range 6 {
		take := src.Snap
		if i%2 == 1 {
			p.Time = drawn + time.Duration(i) // long before the last was snapped
			submit(t, v, p)
			take = src.Next
		}
		f := frame(t, take)
		if f.Time <= last || f.Time > capture.Now() {
			t.Errorf("frame %d is of %v, the one before of %v", i, f.Time, last)
		}
		last = f.Time
		f.Release()
	}
}

// Under the race detector this finds what is not guarded.
func TestFeedServesManyAtOnce(t *testing.T) {
	v := streams.NewVideoFeed()
	pictures := []streams.Picture{
		halves(t, capture.BGRA, 40, 30, orange, orange), halves(t, capture.BGRA, 40, 30, teal, teal),
		halves(t, capture.BGRA, 44, 30, violet, violet),
	}
	submit(t, v, pictures[0])
	var wg sync.WaitGroup
	for _, p := range pictures {
		wg.Go(func() {
			for range 300 {
				if err := v.SubmitVideo(p); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 3 {
		wg.Go(func() {
			src := openFeed(t, v)
			for i := range 100 {
				take := src.Snap
				if i%10 == 0 {
					src.Close()
					src = openFeed(t, v)
					take = src.Next
				}
				f, err := take(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				first, last := f.Plane[0][:4], f.Plane[0][(f.Height-1)*f.Stride[0]+4*(f.Width-1):][:4]
				if !bytes.Equal(first, last) {
					t.Error("a frame is made of two pictures")
				}
				f.Release()
			}
		})
	}
	wg.Wait()
}

func TestSenselessPicturesAreRefused(t *testing.T) {
	good := halves(t, capture.I420, 64, 48, orange, teal)
	v := streams.NewVideoFeed()
	for name, change := range map[string]func(*streams.Picture){
		"no width":       func(p *streams.Picture) { p.Width = 0 },
		"height below 0": func(p *streams.Picture) { p.Height = -1 },
		"too wide":       func(p *streams.Picture) { p.Width = 4097 },
		"too large":      func(p *streams.Picture) { p.Width, p.Height = 4096, 2305 },
		"format":         func(p *streams.Picture) { p.Format = 77 },
		"no planes":      func(p *streams.Picture) { p.Plane = [3][]byte{} },
		"a plane short":  func(p *streams.Picture) { p.Plane[2] = p.Plane[2][:100] },
		"stride":         func(p *streams.Picture) { p.Stride[1] = 31 },
		"stride below 0": func(p *streams.Picture) { p.Stride[0] = -64 },
		"huge stride":    func(p *streams.Picture) { p.Stride[0] = math.MaxInt / 8 },
	} {
		p := good
		change(&p)
		if err := v.SubmitVideo(p); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, size := range []image.Point{{1, 1}, {4096, 2304}, {2304, 4096}, {4095, 2303}} {
		p := streams.Picture{Width: size.X, Height: size.Y, Format: capture.NV12}
		p.Plane[0], p.Plane[1] = make([]byte, size.X*size.Y), make([]byte, (size.X+1)/2*2*((size.Y+1)/2))
		if err := v.SubmitVideo(p); err != nil {
			t.Errorf("%v without strides: %v", size, err)
		}
	}
}

func TestSubmittingPicturesAllocatesNothing(t *testing.T) {
	v := streams.NewVideoFeed()
	src := openFeed(t, v)
	for _, format := range []capture.PixelFormat{capture.BGRA, capture.I420, capture.NV12} {
		p := halves(t, format, 321, 181, orange, teal)
		p.Damage = []image.Rectangle{image.Rect(0, 0, 10, 10)}
		n := testing.AllocsPerRun(50, func() {
			submit(t, v, p)
			f := frame(t, src.Next)
			submit(t, v, p)
			f.Release()
			frame(t, src.Next).Release()
			submit(t, v, p)
		})
		if n != 0 {
			t.Errorf("%v: %v allocations", format, n)
		}
	}
}
