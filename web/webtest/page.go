package webtest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Stats are the members of the page's causeway.stats() that tests read.
// Times are milliseconds and rates bits per second; what the page does not
// know is zero.
type Stats struct {
	Codec         string  `json:"codec"`
	Width         int     `json:"width"`
	Height        int     `json:"height"`
	FPS           float64 `json:"fps"`
	VideoBitrate  float64 `json:"videoBitrate"`
	AudioBitrate  float64 `json:"audioBitrate"`
	RoundTrip     float64 `json:"roundTrip"`
	DecodeTime    float64 `json:"decodeTime"`
	FrameAge      float64 `json:"frameAge"`
	FrameAge95    float64 `json:"frameAge95"`
	Buffered      float64 `json:"buffered"`
	FramesDecoded int     `json:"framesDecoded"`
	FramesDropped int     `json:"framesDropped"`
	PacketsLost   int     `json:"packetsLost"`
	Keyframes     int     `json:"keyframes"`
	InputEvents   int     `json:"inputEvents"`
	Path          string  `json:"path"`
}

// Open opens an address and waits until its page has loaded.
func (b *Browser) Open(url string) {
	b.t.Helper()
	b.Do(chromedp.Navigate(url))
}

// Eval evaluates JavaScript, awaits it where it is a promise, and decodes
// its value into out, unless that is nil. An exception fails the test.
func (b *Browser) Eval(script string, out any) {
	b.t.Helper()
	if err := b.eval(b.ctx, script, out); err != nil {
		b.t.Fatalf("webtest: eval %s: %v", script, err)
	}
}

func (b *Browser) eval(ctx context.Context, script string, out any) error {
	await := func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
	if out == nil {
		return chromedp.Run(ctx, chromedp.Evaluate("void ("+script+")", nil, await))
	}
	return chromedp.Run(ctx, chromedp.Evaluate(script, out, await))
}

// Wait waits until a JavaScript condition is true; after the timeout the
// test fails. A condition that throws is not true yet.
func (b *Browser) Wait(condition string, timeout time.Duration) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, timeout)
	defer cancel()
	script := "(() => { try { return Boolean(" + condition + "); } catch { return false; } })()"
	for {
		var ok bool
		if err := b.eval(ctx, script, &ok); err == nil && ok {
			return
		}
		select {
		case <-ctx.Done():
			if err := b.ctx.Err(); err != nil {
				b.t.Fatalf("webtest: the browser's own time was up, or it ended, before %s: %v", condition, err)
			}
			b.t.Fatalf("webtest: not true within %v: %s\npage: %s", timeout, condition, b.situation())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// WaitState waits until the page's connection has a state: "connecting",
// "connected", "disconnected" or "failed".
func (b *Browser) WaitState(state string, timeout time.Duration) {
	b.t.Helper()
	b.Wait(fmt.Sprintf("window.causeway.state === %q", state), timeout)
}

// WaitConnected waits until the page is connected to its host.
func (b *Browser) WaitConnected(timeout time.Duration) {
	b.t.Helper()
	b.WaitState("connected", timeout)
}

// WaitFrames waits until the video has shown n more frames than now.
func (b *Browser) WaitFrames(n int, timeout time.Duration) {
	b.t.Helper()
	const shown = "(window.causeway?.stream.video.getVideoPlaybackQuality().totalVideoFrames ?? 0)"
	var before int
	b.Eval(shown, &before)
	// A new connection counts anew.
	b.Eval(fmt.Sprintf("window.webtestFrames = {last: %d, sum: 0}", before), nil)
	b.Wait(fmt.Sprintf("((f, now) => { f.sum += now < f.last ? now : now - f.last; f.last = now; return f.sum >= %d; })"+
		"(window.webtestFrames, %s)", n, shown), timeout)
}

// State returns the page's connection state, and the code of its error or "".
func (b *Browser) State() (state, code string) {
	b.t.Helper()
	var both [2]string
	b.Eval("[window.causeway?.state ?? '', window.causeway?.error ?? '']", &both)
	return both[0], both[1]
}

// Stats reads the page's statistics. Rates need two readings, about a
// second apart.
func (b *Browser) Stats() Stats {
	b.t.Helper()
	var s Stats
	// NaN has no JSON; it arrives as zero.
	var raw string
	b.Eval("window.causeway.stats().then((s) => JSON.stringify(s, (k, v) => v === null || Number.isNaN(v) ? undefined : v))", &raw)
	if err := json.Unmarshal([]byte(raw), &s); err != nil {
		b.t.Fatalf("webtest: stats: %v in %s", err, raw)
	}
	return s
}

// Frame returns the video's present picture, at the stream's own size.
func (b *Browser) Frame() image.Image {
	b.t.Helper()
	return b.picture(`(() => {
		const video = window.causeway.stream.video;
		const canvas = document.createElement('canvas');
		canvas.width = video.videoWidth;
		canvas.height = video.videoHeight;
		canvas.getContext('2d').drawImage(video, 0, 0);
		return canvas.toDataURL('image/png');
	})()`)
}

// Patches returns what is drawn over the video at present: exact pixels, and
// transparent ones where there is nothing.
func (b *Browser) Patches() image.Image {
	b.t.Helper()
	return b.picture("window.causeway.stream.container.querySelector('video + canvas').toDataURL('image/png')")
}

// picture evaluates a script that returns a PNG picture as a URL.
func (b *Browser) picture(script string) image.Image {
	b.t.Helper()
	var url string
	b.Eval(script, &url)
	data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(url, "data:image/png;base64,"))
	if err != nil {
		b.t.Fatalf("webtest: frame: %v", err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		b.t.Fatalf("webtest: frame of %d bytes: %v", len(data), err)
	}
	return picture
}

// Screenshot writes what the window shows to a PNG file.
func (b *Browser) Screenshot(path string) {
	b.t.Helper()
	if err := b.screenshot(path); err != nil {
		b.t.Fatalf("webtest: screenshot: %v", err)
	}
}

func (b *Browser) screenshot(path string) error {
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		data, err := page.CaptureScreenshot().Do(ctx)
		if err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o644)
	}))
}

// keepEvidence saves what a person needs to understand a failure.
func (b *Browser) keepEvidence() {
	dir := b.t.ArtifactDir()
	path := filepath.Join(dir, "chromium.png")
	if err := b.screenshot(path); err != nil {
		b.t.Logf("webtest: no screenshot: %v", err)
	} else {
		b.t.Logf("webtest: screenshot in %s", path)
	}
	lines := strings.Join(b.Console(), "\n")
	if err := os.WriteFile(filepath.Join(dir, "console.log"), []byte(lines+"\n"), 0o644); err != nil {
		b.t.Logf("webtest: %v", err)
	}
	fmt.Fprintf(b.t.Output(), "webtest: page: %s\nwebtest: console:\n%s\n", b.situation(), lines)
}

// situation says where the page stands, for messages.
func (b *Browser) situation() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	var s string
	err := b.eval(ctx, `(async () => [location.origin, document.title, window.causeway?.state, window.causeway?.error,
		document.querySelector('.card')?.innerText,
		JSON.stringify(await window.causeway?.stats?.().catch(String))].join(' | '))()`, &s)
	if err != nil {
		return err.Error()
	}
	return s
}
