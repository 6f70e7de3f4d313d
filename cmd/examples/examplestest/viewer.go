package examplestest

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/peer/signal/ws"
)

// Viewer watches a program's stream, as its page would. One goroutine uses it.
type Viewer struct {
	Stream *peer.InboundStream
	t      testing.TB
	video  *peer.InboundTrack
	dec    encode.Decoder
}

// Picture is the luma of a decoded picture, a byte for each pixel.
type Picture struct {
	Width, Height int
	Luma          []byte
}

// Watch connects a viewer called name to the host of the page at pageURL.
// Each of before is called with its peer first.
func Watch(t testing.TB, pageURL, name string, before ...func(*peer.Peer)) *Viewer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	page, err := url.Parse(pageURL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := signal.Dial(ctx, []signal.Driver{ws.Driver}, "ws://"+page.Host+"/ws", signal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	local, err := peer.New(peer.Options{ID: name, Signal: conn})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range before {
		f(local)
	}
	running, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = local.Run(running) // it fails when the program ends first
	}()
	t.Cleanup(func() {
		stop()
		<-done
		_ = conn.Close()
	})
	token := strings.TrimPrefix(page.Fragment, "token=")
	r, err := local.Connect(ctx, hostOf(t, page), peer.ConnectOptions{Token: token, Watch: true})
	if err != nil {
		t.Fatalf("%s did not connect: %v", name, err)
	}
	v := &Viewer{t: t}
	if v.Stream, err = r.Stream(ctx); err != nil {
		t.Fatal(err)
	}
	if v.video, err = v.Stream.Video(ctx); err != nil {
		t.Fatal(err)
	}
	backend, err := codecs.FindDecoder(codecs.All, v.video.Codec())
	if err != nil {
		t.Fatal(err)
	}
	if v.dec, err = backend.NewDecoder(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.dec.Close() })
	return v
}

// hostOf asks the page for the id of its host.
func hostOf(t testing.TB, page *url.URL) string {
	t.Helper()
	resp, err := http.Get(page.String())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	host := regexp.MustCompile(`name="causeway-host" content="([^"]+)"`).FindSubmatch(body)
	if host == nil {
		t.Fatalf("%s is not the viewer's page: %.200s", page, body)
	}
	return string(host[1])
}

// Next is the next picture.
func (v *Viewer) Next() Picture {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), Patience)
	defer cancel()
	for {
		c, err := v.video.Next(ctx)
		if err != nil {
			v.t.Fatal(err)
		}
		f, err := v.dec.Decode(&c.Chunk)
		if err != nil {
			v.video.RequestKeyframe()
			continue
		}
		if f == nil {
			continue
		}
		p := Picture{Width: f.Width, Height: f.Height, Luma: make([]byte, 0, f.Width*f.Height)}
		for y := range f.Height {
			p.Luma = append(p.Luma, f.Plane[0][y*f.Stride[0]:][:f.Width]...)
		}
		return p
	}
}

// Until takes pictures until one pleases ok, and returns that.
func (v *Viewer) Until(what string, ok func(Picture) bool) Picture {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), Patience)
	defer cancel()
	for ctx.Err() == nil {
		if p := v.Next(); ok(p) {
			return p
		}
	}
	v.t.Fatalf("not seen: %s", what)
	return Picture{}
}

// Still waits until the picture stands still, and returns it.
func (v *Viewer) Still() Picture {
	v.t.Helper()
	last, alike := v.Next(), 0
	return v.Until("a picture that stands still", func(p Picture) bool {
		alike++
		if p.Difference(last) > 0.2 {
			alike = 0
		}
		last = p
		return alike == 3
	})
}

// Send does what a person might, once the stream takes it.
func (v *Viewer) Send(events ...input.Event) {
	v.t.Helper()
	for _, e := range events {
		err := v.Stream.SendInput(e)
		for late := time.Now().Add(Patience); err != nil && time.Now().Before(late); err = v.Stream.SendInput(e) {
			time.Sleep(10 * time.Millisecond)
		}
		if err != nil {
			v.t.Fatal(err)
		}
	}
}

// Difference is by how much the pixels of two pictures differ on average, from
// 0 to 255. Those of different sizes differ in everything.
func (p Picture) Difference(q Picture) float64 {
	if p.Width != q.Width || p.Height != q.Height {
		return 255
	}
	sum := 0
	for i, v := range p.Luma {
		sum += max(int(v)-int(q.Luma[i]), int(q.Luma[i])-int(v))
	}
	return float64(sum) / float64(len(p.Luma))
}
