package webtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Options say how Chromium is started. The zero value is headless, 1280×720.
type Options struct {
	// Display is the X display to open a real window on, such as ":99".
	// Empty means headless.
	Display string
	// Kiosk fills the display with the page, without any frame.
	Kiosk bool
	// Width and Height are the window's size; headless, the page's. The
	// default is 1280×720.
	Width, Height int
	// Touch makes the page believe in a phone: touch instead of a mouse.
	Touch bool
	// Sound is the sound server that pages play to, in the form of
	// $PULSE_SERVER. Empty means that nobody hears them.
	Sound string
	// Autoplay lets pages play sound without a gesture.
	Autoplay bool
	// LocalIPs makes ICE candidates hold addresses instead of mDNS names.
	LocalIPs bool
	// Flags are more flags of Chromium, without dashes: "lang=de".
	Flags []string
	// Timeout ends everything. The default is the test's deadline, or two
	// minutes.
	Timeout time.Duration
}

// Browser is a running Chromium with one page.
type Browser struct {
	*window
	t testing.TB
}

type window struct {
	ctx     context.Context
	cancel  []context.CancelFunc
	closing sync.Once

	mu     sync.Mutex
	lines  []string
	errors []string
}

// Path finds Chromium. Without it the test is skipped, or fails when CI is
// set.
func Path(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("webtest: no Chromium on this machine")
	}
	t.Skip("webtest: no Chromium on this machine")
	return ""
}

// Start starts a Chromium with a profile of its own and an empty page. It is
// closed when the test ends; a test that failed leaves a screenshot and the
// console's lines behind.
func Start(t testing.TB, o Options) *Browser {
	t.Helper()
	o = o.withDefaults(t)
	b := &Browser{&window{}, t}
	ctx, cancel := context.WithTimeout(context.Background(), o.Timeout)
	b.cancel = append(b.cancel, cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, o.flags(Path(t), t.TempDir())...)
	b.cancel = append(b.cancel, cancel)
	// Chromium speaks events that this client is older than; they are no
	// failure of a test.
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	b.cancel = append(b.cancel, cancel)
	b.ctx = ctx
	chromedp.ListenTarget(ctx, b.listen)
	// The temporary folder must outlive the browser: cleanups run backwards.
	t.Cleanup(func() {
		if t.Failed() {
			b.keepEvidence()
		}
		b.Close()
	})
	actions := []chromedp.Action{runtime.Enable(), log.Enable()}
	switch {
	case o.Touch:
		actions = append(actions, chromedp.EmulateViewport(int64(o.Width), int64(o.Height), chromedp.EmulateTouch, chromedp.EmulateMobile))
	case o.Display == "":
		// A headless window has a frame as well, which nobody sees.
		actions = append(actions, chromedp.EmulateViewport(int64(o.Width), int64(o.Height)))
	}
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatalf("webtest: start Chromium: %v", err)
	}
	return b
}

// For is the same browser for a subtest, which fails in place of the test.
func (b *Browser) For(t testing.TB) *Browser { return &Browser{b.window, t} }

// Close ends Chromium and everything it started. Further calls do nothing.
func (b *Browser) Close() {
	b.closing.Do(func() {
		// A browser that does not answer is killed by the cancelling below.
		ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
		_ = chromedp.Cancel(ctx)
		cancel()
		for i := len(b.cancel) - 1; i >= 0; i-- {
			b.cancel[i]()
		}
	})
}

// Context is chromedp's context of the page, for actions not offered here.
func (b *Browser) Context() context.Context { return b.ctx }

// Do runs actions of chromedp; an error fails the test.
func (b *Browser) Do(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatalf("webtest: %v", err)
	}
}

// Console returns every line the page has written to its console.
func (b *Browser) Console() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.lines...)
}

// Errors returns the errors among the console's lines: uncaught exceptions,
// console.error, and what the browser itself complains of, such as a breach
// of the content security policy.
func (b *Browser) Errors() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.errors...)
}

func (b *Browser) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		var words []string
		for _, arg := range e.Args {
			words = append(words, text(arg))
		}
		b.note(string(e.Type), strings.Join(words, " "), e.Type == runtime.APITypeError)
	case *runtime.EventExceptionThrown:
		b.note("exception", e.ExceptionDetails.Error(), true)
	case *log.EventEntryAdded:
		b.note(string(e.Entry.Source), e.Entry.Text+" "+e.Entry.URL, e.Entry.Level == log.LevelError)
	}
}

func text(o *runtime.RemoteObject) string {
	if o.Description != "" {
		return o.Description
	}
	return strings.Trim(string(o.Value), `"`)
}

func (b *Browser) note(kind, line string, isError bool) {
	line = fmt.Sprintf("%s: %s", kind, strings.TrimSpace(line))
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, line)
	if isError {
		b.errors = append(b.errors, line)
	}
}

func (o Options) withDefaults(t testing.TB) Options {
	if o.Width == 0 || o.Height == 0 {
		o.Width, o.Height = 1280, 720
	}
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Minute
		if d, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
			if end, ok := d.Deadline(); ok {
				o.Timeout = min(o.Timeout, time.Until(end)-5*time.Second)
			}
		}
	}
	return o
}

func (o Options) flags(path, profile string) []chromedp.ExecAllocatorOption {
	flags := []string{
		"no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "no-default-browser-check",
		"disable-background-networking", "disable-component-update", "disable-sync", "disable-extensions",
		"disable-dev-shm-usage", "disable-search-engine-choice-screen", "password-store=basic",
		// A window that is covered, as all are on a bare display, must not be throttled.
		"disable-backgrounding-occluded-windows", "disable-renderer-backgrounding", "disable-background-timer-throttling",
		fmt.Sprintf("window-size=%d,%d", o.Width, o.Height), "window-position=0,0",
	}
	if o.Display == "" {
		flags = append(flags, "headless=new", "hide-scrollbars")
	}
	if o.Sound == "" {
		flags = append(flags, "mute-audio")
	}
	if o.Kiosk {
		flags = append(flags, "kiosk")
	}
	if o.Autoplay {
		flags = append(flags, "autoplay-policy=no-user-gesture-required")
	}
	if o.LocalIPs {
		flags = append(flags, "disable-features=WebRtcHideLocalIpsWithMdns")
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		chromedp.UserDataDir(profile),
		chromedp.WSURLReadTimeout(60 * time.Second), // a busy machine starts it slowly
	}
	if o.Display != "" {
		options = append(options, chromedp.Env("DISPLAY="+o.Display))
	}
	if o.Sound != "" {
		options = append(options, chromedp.Env("PULSE_SERVER="+o.Sound))
	}
	for _, flag := range append(flags, o.Flags...) {
		name, value, given := strings.Cut(flag, "=")
		if given {
			options = append(options, chromedp.Flag(name, value))
		} else {
			options = append(options, chromedp.Flag(name, true))
		}
	}
	return options
}
