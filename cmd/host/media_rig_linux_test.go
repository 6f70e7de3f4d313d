package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/media"
	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/peer/signal/drivers"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// browse opens a host's page in a browser of its own and waits until it shows
// a picture.
func browse(t *testing.T, p *process, o webtest.Options) *webtest.Browser {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = 4 * patience
	}
	b := webtest.Start(t, o)
	b.Open(p.url)
	b.WaitConnected(patience)
	b.WaitFrames(1, patience)
	return b
}

// xserver is an X display that a test ends and starts again on its number.
type xserver struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
}

// newXserver picks a number that no server uses, high above those that
// servers pick for themselves. Nothing is started.
func newXserver(t *testing.T) *xserver {
	t.Helper()
	if _, err := exec.LookPath("Xvfb"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	x := &xserver{t: t}
	for n := 1000 + os.Getpid()%4000; x.name == ""; n++ {
		_, lock := os.Lstat(fmt.Sprintf("/tmp/.X%d-lock", n))
		_, socket := os.Lstat(fmt.Sprintf("/tmp/.X11-unix/X%d", n))
		if os.IsNotExist(lock) && os.IsNotExist(socket) {
			x.name = fmt.Sprint(":", n)
		}
	}
	t.Cleanup(x.kill)
	return x
}

// start starts the server and waits until it answers.
func (x *xserver) start(width, height int) {
	x.t.Helper()
	x.cmd = exec.Command("Xvfb", x.name, "-screen", "0", fmt.Sprintf("%dx%dx24", width, height), "-noreset", "-nolisten", "tcp")
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := x.cmd.Start(); err != nil {
		x.t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if c, err := dialX(x.name); err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			x.t.Fatalf("Xvfb %s does not answer", x.name)
		}
	}
}

// kill ends the server as a crash does.
func (x *xserver) kill() {
	if x.cmd == nil {
		return
	}
	x.cmd.Process.Kill()
	x.cmd.Wait()
	x.cmd = nil
	number := strings.TrimPrefix(x.name, ":")
	os.Remove("/tmp/.X" + number + "-lock")
	os.Remove("/tmp/.X11-unix/X" + number)
}

func dialX(name string) (*xgb.Conn, error) {
	xgb.Logger.SetOutput(io.Discard) // what it says, calls return
	socket, err := net.Dial("unix", "/tmp/.X11-unix/X"+strings.TrimPrefix(name, ":"))
	if err != nil {
		return nil, err
	}
	return xgb.NewConnNet(socket)
}

// patch is a part of a display in one colour.
type patch struct {
	at     image.Rectangle
	colour color.RGBA
}

// hang puts windows of one colour each on a display. The connection keeps
// them there and is closed at the end of the test.
func hang(t *testing.T, display string, patches ...patch) *xgb.Conn {
	t.Helper()
	c, err := dialX(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	screen := xproto.Setup(c).DefaultScreen(c)
	for _, p := range patches {
		id, err := xproto.NewWindowId(c)
		if err != nil {
			t.Fatal(err)
		}
		pixel := uint32(p.colour.R)<<16 | uint32(p.colour.G)<<8 | uint32(p.colour.B)
		err = xproto.CreateWindowChecked(c, screen.RootDepth, id, screen.Root, int16(p.at.Min.X), int16(p.at.Min.Y),
			uint16(p.at.Dx()), uint16(p.at.Dy()), 0, xproto.WindowClassInputOutput, screen.RootVisual,
			xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{pixel, 1}).Check()
		if err == nil {
			err = xproto.MapWindowChecked(c, id).Check()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// watcher is a viewer within the test, which sees when each chunk arrives.
type watcher struct {
	t      *testing.T
	remote *peer.Remote
	// Began is when it asked to join, Connected when that had succeeded, on
	// the clock of capture.Now.
	began, connected time.Duration

	mu     sync.Mutex
	video  []arrival
	audio  []arrival
	ending context.CancelFunc
	wg     sync.WaitGroup
}

// arrival is a chunk that came.
type arrival struct {
	at    time.Duration // when its first packet came
	key   bool
	bytes int
}

// join connects to a host and receives its picture and sound, undecoded,
// until the test ends.
func join(t *testing.T, p *process) *watcher {
	t.Helper()
	origin, token := p.origin()
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	u.Scheme, u.Path = strings.Replace(u.Scheme, "http", "ws", 1), "/ws"
	ctx, cancel := context.WithCancel(context.Background())
	w := &watcher{t: t, ending: cancel}
	conn, err := signal.Dial(ctx, drivers.All(), u.String(), signal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 8)
	rand.Read(id)
	local, err := peer.New(peer.Options{ID: "w" + hex.EncodeToString(id), Secret: hex.EncodeToString(id), Signal: conn})
	if err != nil {
		t.Fatal(err)
	}
	w.wg.Go(func() {
		local.Run(ctx)
		conn.Close()
	})
	t.Cleanup(w.leave)
	connecting, stop := context.WithTimeout(ctx, patience)
	defer stop()
	w.began = capture.Now()
	if w.remote, err = local.Connect(connecting, "desktop", peer.ConnectOptions{Token: token, Watch: true}); err != nil {
		t.Fatal(err)
	}
	w.connected = capture.Now()
	stream, err := w.remote.Stream(connecting)
	if err != nil {
		t.Fatal(err)
	}
	w.wg.Go(func() { w.receive(ctx, stream.Video, &w.video) })
	w.wg.Go(func() { w.receive(ctx, stream.Audio, &w.audio) })
	return w
}

func (w *watcher) receive(ctx context.Context, track func(context.Context) (*peer.InboundTrack, error), to *[]arrival) {
	in, err := track(ctx)
	for err == nil {
		var c *media.Chunk
		if c, err = in.Next(ctx); err == nil {
			w.mu.Lock()
			*to = append(*to, arrival{c.First, c.Key, len(c.Data)})
			w.mu.Unlock()
		}
	}
}

// leave ends the viewer. The second call does nothing.
func (w *watcher) leave() {
	w.ending()
	w.wg.Wait()
}

// seen returns what pictures have come.
func (w *watcher) seen() []arrival {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.video)
}

// heard returns what sound has come.
func (w *watcher) heard() []arrival {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.audio)
}

// first waits for the first picture and returns when it came.
func (w *watcher) first() time.Duration {
	w.t.Helper()
	until(w.t, "the first picture", func() bool { return len(w.seen()) > 0 })
	return w.seen()[0].at
}

// until waits until ok.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// frameOf is a picture in the form that capture has.
func frameOf(img image.Image) *capture.Frame {
	b := img.Bounds()
	f := &capture.Frame{Width: b.Dx(), Height: b.Dy(), Format: capture.BGRA}
	f.Stride[0], f.Plane[0] = 4*b.Dx(), make([]byte, 4*b.Dx()*b.Dy())
	for y := range b.Dy() {
		for x := range b.Dx() {
			r, g, bl, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			copy(f.Plane[0][y*f.Stride[0]+4*x:], []byte{byte(bl >> 8), byte(g >> 8), byte(r >> 8), 255})
		}
	}
	return f
}

// colourAt is the mean colour around the middle of r.
func colourAt(img image.Image, r image.Rectangle) [3]int {
	const reach = 4
	var sum [3]int
	n := 0
	at := r.Min.Add(r.Max).Div(2)
	for y := at.Y - reach; y < at.Y+reach; y++ {
		for x := at.X - reach; x < at.X+reach; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			for i, v := range []uint32{r, g, b} {
				sum[i] += int(v >> 8)
			}
			n++
		}
	}
	return [3]int{sum[0] / n, sum[1] / n, sum[2] / n}
}

// lastPicture is the newest file that a viewer has written whole.
func lastPicture(dir string) string {
	files, err := filepath.Glob(filepath.Join(dir, "*.png"))
	if err != nil || len(files) < 2 {
		return ""
	}
	return files[len(files)-2]
}
