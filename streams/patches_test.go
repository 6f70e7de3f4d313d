package streams_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/patch"
	"github.com/causeway-rtc/causeway/streams"
)

const paneWidth, paneHeight = 600, 400

// pane is a viewer that draws patches of a feed.
type pane struct {
	t       *testing.T
	feed    *streams.VideoFeed
	track   *streams.Track
	sink    *streams.Sink
	patches *streams.Patches
	video   chan *encode.Chunk

	unpack patch.Unpacker
	size   image.Point
	pix    []byte // BGRA; the fourth byte is 255 where something is drawn
	last   *patch.Patch
	at     time.Duration // of its frame
}

// openPane shows a picture to a viewer whose way carries so many bits a second.
func openPane(t *testing.T, bps int, first streams.Picture) *pane {
	t.Helper()
	p := &pane{t: t, feed: streams.NewVideoFeed(), video: make(chan *encode.Chunk, 4096)}
	submit(t, p.feed, first)
	p.track = streams.NewTrack("frames", streams.NewVideo(streams.VideoOptions{
		Backends: []capture.Backend{p.feed.Backend()}, Codecs: []encode.Codec{encode.H264},
		Encoders: []encode.Backend{(&coder{}).backend("fake")}, Bitrate: bps,
	}))
	p.sink = attach(t, p.track, encode.H264)
	t.Cleanup(func() { p.track.Close() })
	go func() {
		for {
			c, err := p.sink.Next(t.Context())
			if err != nil {
				return
			}
			p.video <- c
		}
	}()
	<-p.video
	p.patches = p.track.AttachPatches(p.sink.Viewer())
	t.Cleanup(p.patches.Close)
	return p
}

// next draws the next patch, and tells so if it is to.
func (p *pane) next(tell bool) *patch.Patch {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	next, at, err := p.patches.Next(ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	p.at = at
	if size := image.Pt(next.Width, next.Height); size != p.size {
		p.size, p.pix = size, make([]byte, 4*size.X*size.Y)
	}
	for _, r := range next.Clear {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			clear(p.pix[4*(y*p.size.X+r.Min.X):][:4*r.Dx()])
		}
	}
	if len(next.Draw) > 0 {
		if err := p.unpack.Unpack(p.pix, 4*p.size.X, next); err != nil {
			p.t.Fatal(err)
		}
	}
	p.patches.Sent(len(patch.Append(nil, next)))
	if tell && !p.patches.Arrived(1) {
		p.t.Fatal("a patch arrived that was not sent")
	}
	p.last = next
	return next
}

// drawn is true where all of r is drawn, as it is in a picture.
func (p *pane) drawn(r image.Rectangle, want streams.Picture) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			got := p.pix[4*(y*p.size.X+x):][:4]
			if got[3] != 255 || !bytes.Equal(got[:3], want.Plane[0][y*want.Stride[0]+4*x:][:3]) {
				return false
			}
		}
	}
	return true
}

// until draws patches until all of a picture is drawn.
func (p *pane) until(want streams.Picture) {
	p.t.Helper()
	all := image.Rect(0, 0, want.Width, want.Height)
	for p.size != all.Max || !p.drawn(all, want) {
		p.next(true)
	}
}

// paper is a picture of noise, which nothing makes smaller, or of one colour.
func paper(noise bool, w, h int) streams.Picture {
	f := encode.NewFrame(capture.BGRA, w, h)
	for i := range f.Plane[0] {
		if f.Plane[0][i] = 77; noise {
			f.Plane[0][i] = byte(rand.Uint32())
		}
	}
	return streams.Picture{Width: w, Height: h, Format: capture.BGRA, Plane: f.Plane, Stride: f.Stride}
}

// scribble paints a rectangle of a picture anew.
func scribble(on streams.Picture, r image.Rectangle) streams.Picture {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := 4 * r.Min.X; x < 4*r.Max.X; x++ {
			on.Plane[0][y*on.Stride[0]+x] = byte(rand.Uint32())
		}
	}
	on.Damage = []image.Rectangle{r}
	return on
}

func TestWhatStandsStillArrivesExactly(t *testing.T) {
	first := paper(true, paneWidth, paneHeight)
	p := openPane(t, 100_000_000, first)
	p.until(first)
	// A large change is cleared before anything else, and drawn when it rests.
	second := paper(true, paneWidth, paneHeight)
	submit(t, p.feed, second)
	for p.next(true); len(p.last.Clear) == 0; p.next(true) {
	}
	if len(p.last.Draw) > 0 || p.last.Clear[0] != image.Rect(0, 0, paneWidth, paneHeight) {
		t.Errorf("after a large change %v is cleared and %v drawn", p.last.Clear, p.last.Draw)
	}
	p.until(second)
	other := paper(true, 130, 70)
	submit(t, p.feed, other)
	p.until(other)
}

func TestPagesThatAreTurnedFastArriveWhenTheyRest(t *testing.T) {
	last := paper(true, paneWidth, paneHeight)
	p := openPane(t, 100_000_000, last)
	p.until(last)
	for range 8 {
		last = paper(true, paneWidth, paneHeight)
		submit(t, p.feed, last)
		time.Sleep(60 * time.Millisecond)
	}
	p.until(last)
}

func TestSmallChangeIsDrawnAlone(t *testing.T) {
	first := paper(false, paneWidth, paneHeight)
	p := openPane(t, 0, first)
	p.until(first)
	letter := image.Rect(70, 30, 80, 50)
	changed := scribble(first, letter)
	submit(t, p.feed, changed)
	for len(p.next(true).Draw) == 0 {
		if len(p.last.Clear) > 0 {
			t.Errorf("%v is cleared", p.last.Clear)
		}
	}
	if p.last.Draw[0] != letter || !p.drawn(letter, changed) {
		t.Errorf("%v is drawn for a change of %v", p.last.Draw, letter)
	}
	p.until(changed)
}

func TestWhatIsDrawnAnewAsItWasIsNoChange(t *testing.T) {
	first := paper(true, paneWidth, paneHeight)
	p := openPane(t, 100_000_000, first)
	p.until(first)
	submit(t, p.feed, first) // which says that everything may have changed
	letter := image.Rect(0, 0, 9, 9)
	submit(t, p.feed, scribble(first, letter))
	for len(p.next(true).Draw) == 0 {
		if len(p.last.Clear) > 0 {
			t.Errorf("%v is cleared", p.last.Clear)
		}
	}
	p.until(first)
}

func TestWhatMovesIsLeftToTheVideo(t *testing.T) {
	first := paper(false, paneWidth, paneHeight)
	p := openPane(t, 0, first)
	p.until(first)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	moving := image.Rect(10, 10, 50, 50)
	go func() {
		picture := paper(false, paneWidth, paneHeight)
		for ctx.Err() == nil {
			_ = p.feed.SubmitVideo(scribble(picture, moving))
			time.Sleep(5 * time.Millisecond)
		}
	}()
	for p.next(true); len(p.last.Clear) == 0; p.next(true) {
	}
	if want := image.Rect(0, 0, 64, 64); p.last.Clear[0] != want {
		t.Errorf("%v is cleared, want %v", p.last.Clear, want)
	}
}

// What is drawn over a video costs the viewer's compositor at each of its frames.
func TestVideoIsShownAloneWhileMuchMoves(t *testing.T) {
	first := paper(false, paneWidth, paneHeight)
	p := openPane(t, 0, first)
	p.until(first)
	last := make(chan streams.Picture, 1)
	go func() {
		picture := paper(false, paneWidth, paneHeight)
		for range 60 {
			_ = p.feed.SubmitVideo(scribble(picture, image.Rect(0, 0, paneWidth, 64)))
			time.Sleep(16 * time.Millisecond)
		}
		last <- picture
	}()
	alone := false
	for {
		select {
		case picture := <-last:
			p.until(picture)
			if !alone {
				t.Error("something was always drawn over the video")
			}
			return
		default:
			p.next(true)
			alone = alone || slices.Contains(p.last.Clear, image.Rectangle{Max: p.size})
		}
	}
}

func TestPatchesHeedWhatIsOnTheWay(t *testing.T) {
	first := paper(true, paneWidth, paneHeight)
	p := openPane(t, 1_000_000, first)
	sent := 0
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for {
		next, _, err := p.patches.Next(ctx)
		if err != nil {
			break
		}
		p.patches.Sent(len(patch.Append(nil, next)))
		sent += len(next.Data)
	}
	if sent == 0 || sent > 100_000 {
		t.Errorf("%d bytes are on a way that carries 125,000 a second", sent)
	}
	for i := 1; i <= 100; i++ {
		submit(t, p.feed, scribble(first, image.Rect(0, 0, i, i)))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		if _, _, err := p.patches.Next(ctx); err == nil {
			p.patches.Sent(0)
			if i == 100 {
				t.Error("there is no end of small patches on the way")
			}
		}
		cancel()
	}
	if p.patches.Arrived(1000) {
		t.Error("more patches arrived than were sent")
	}
}

func TestSmallerPictureIsNotPatched(t *testing.T) {
	first := paper(false, paneWidth, paneHeight)
	p := openPane(t, 0, first)
	p.until(first)
	p.sink.SetView(streams.View{Width: paneWidth / 2, Height: paneHeight / 2})
	for p.next(true); len(p.last.Clear) == 0; p.next(true) {
	}
	if len(p.last.Draw) > 0 || p.last.Clear[0].Max != image.Pt(paneWidth, paneHeight) {
		t.Errorf("%v is cleared and %v drawn", p.last.Clear, p.last.Draw)
	}
}

func TestVideoRestsWhilePatchesAreExact(t *testing.T) {
	first := paper(false, paneWidth, paneHeight)
	p := openPane(t, 0, first)
	p.until(first)
	drain(p.video)
	second := paper(true, paneWidth, paneHeight)
	submit(t, p.feed, second)
	p.until(second)
	time.Sleep(time.Second)
	// Without patches it is sent three times more, and more often.
	if n := drain(p.video); n > 2 {
		t.Errorf("a picture that patches show was sent %d times", n)
	}
}

func TestVideoFollowsWhatPatchesShow(t *testing.T) {
	first := paper(false, paneWidth, paneHeight)
	p := openPane(t, 0, first)
	p.until(first)
	drain(p.video)
	changed := scribble(first, image.Rect(5, 5, 9, 9))
	submit(t, p.feed, changed)
	p.until(changed)
	for deadline := time.After(patience); ; {
		select {
		case c := <-p.video:
			if c.Time > p.at {
				return
			}
		case <-deadline:
			t.Fatal("the video does not follow")
		}
	}
}

func TestClosedPatchesEnd(t *testing.T) {
	p := openPane(t, 0, paper(false, paneWidth, paneHeight))
	p.patches.Close()
	p.patches.Close()
	for {
		if _, _, err := p.patches.Next(t.Context()); err != nil {
			if !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
			return
		}
	}
}

// A display goes on while its picture is captured, so a frame can show a change
// of which only the next one says so.
func TestPictureOfAnotherFormIsLeftToTheVideo(t *testing.T) {
	first := paper(false, paneWidth, paneHeight)
	p := openPane(t, 0, first)
	p.until(first)
	submit(t, p.feed, halves(t, capture.I420, paneWidth, paneHeight, orange, teal))
	for p.next(true); p.size != (image.Point{}); p.next(true) {
	}
	again := paper(true, paneWidth, paneHeight)
	submit(t, p.feed, again)
	p.until(again)
}

func TestFrameThatIsAheadOfItsDamage(t *testing.T) {
	first := paper(false, paneWidth, paneHeight)
	p := openPane(t, 0, first)
	p.until(first)
	one, other := image.Rect(2, 2, 10, 10), image.Rect(30, 30, 40, 40)
	changed := scribble(scribble(first, other), one)
	submit(t, p.feed, changed)
	for len(p.next(true).Draw) == 0 {
	}
	changed.Damage = []image.Rectangle{other}
	submit(t, p.feed, changed)
	p.until(changed)
}
