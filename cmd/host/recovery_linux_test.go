package main

import (
	"fmt"
	"image"
	"image/color"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/input/injectors"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// child returns the program called name that a host has started, or 0.
func child(t *testing.T, p *process, name string) int {
	t.Helper()
	for _, pid := range descendants(t, p.cmd.Process.Pid) {
		comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if strings.TrimSpace(string(comm)) == name && alive(pid) {
			return pid
		}
	}
	return 0
}

// killChild kills the program called name that a host has started.
func killChild(t *testing.T, p *process, name string) {
	t.Helper()
	pid := child(t, p, name)
	if pid == 0 {
		t.Fatalf("the host runs no %s", name)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// fill covers a display of 640×480 with a colour.
func fill(t *testing.T, display string, c color.RGBA) {
	t.Helper()
	hang(t, display, patch{image.Rect(0, 0, 640, 480), c})
}

// sees waits until the page shows a colour in the middle of 640×480.
func sees(t *testing.T, b *webtest.Browser, c color.RGBA) {
	t.Helper()
	settle(t, "the page", func() error {
		got := colourAt(b.Frame(), image.Rect(0, 0, 640, 480))
		for i, want := range []uint8{c.R, c.G, c.B} {
			if d := got[i] - int(want); d > inPage || d < -inPage {
				return fmt.Errorf("it shows %v, want %v", got, c)
			}
		}
		return nil
	})
}

// tells waits until a message of the page contains words.
func tells(b *webtest.Browser, words string) {
	b.Wait(fmt.Sprintf("document.querySelector('.banners').innerText.includes(%q)", words), patience)
}

// silentAbout waits until no message of the page contains words.
func silentAbout(b *webtest.Browser, words string) {
	b.Wait(fmt.Sprintf("!document.querySelector('.banners').innerText.includes(%q)", words), patience)
}

var (
	orange = color.RGBA{200, 120, 40, 255}
	teal   = color.RGBA{20, 120, 110, 255}
)

// points moves the mouse in a page of 1280×720 until the pointer of a display
// of 640×480, which fills its height, is where that is.
func points(t *testing.T, b *webtest.Browser, display string, x, y int) {
	t.Helper()
	c, err := dialX(display)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	root := xproto.Setup(c).DefaultScreen(c).Root
	nudge := 0.0
	until(t, "the pointer to come", func() bool {
		nudge = 3 - nudge // a mouse that does not move by a pixel sends nothing
		b.MoveMouse(160+1.5*float64(x)+nudge, 1.5*float64(y))
		time.Sleep(30 * time.Millisecond)
		p, err := xproto.QueryPointer(c, root).Reply()
		return err == nil && abs(int(p.RootX)-x) <= 3 && abs(int(p.RootY)-y) <= 2
	})
}

// refuses moves the mouse until the page tells that the host takes no input. It
// takes more than one motion: what is in flight when a display dies is lost
// without a word.
func refuses(t *testing.T, b *webtest.Browser) {
	t.Helper()
	at := 500.0
	until(t, "the host to take no input", func() bool {
		at = 1010 - at
		b.MoveMouse(at, 300)
		var told bool
		b.Eval("document.querySelector('.banners').innerText.includes('takes no keys')", &told)
		return told
	})
}

func abs(n int) int { return max(n, -n) }

func TestHostOutlivesItsXServer(t *testing.T) {
	for _, backend := range injectors.All {
		inject := backend.Name
		t.Run(inject, func(t *testing.T) {
			x := newXserver(t)
			x.start(640, 480)
			fill(t, x.name, orange)
			h := startHost(t, nil, "--display", x.name, "--inject", inject, "--audio", "off")
			b := browse(t, h, webtest.Options{})
			sees(t, b, orange)
			points(t, b, x.name, 420, 100)
			for _, c := range []color.RGBA{teal, orange} {
				x.kill()
				tells(b, "display went away")
				refuses(t, b)
				x.start(640, 480)
				began := time.Now()
				fill(t, x.name, c)
				sees(t, b, c)
				t.Logf("the picture was back %v after the server", time.Since(began))
				silentAbout(b, "display went away")
				points(t, b, x.name, 200, 300)
				t.Logf("the pointer obeyed %v after the server", time.Since(began))
				silentAbout(b, "takes no keys")
			}
			if state, _ := b.State(); state != "connected" || !h.running() {
				t.Errorf("the page is %s", state)
			}
		})
	}
}

func TestHostStartsAnotherVirtualDisplayWhenItsOwnDies(t *testing.T) {
	capturetest.Command(t, nil, "Xvfb")
	h := startHost(t, nil, "--virtual", "640x480", "--audio", "off", "--fps", "15")
	b := browse(t, h, webtest.Options{})
	before := child(t, h, "Xvfb")
	killChild(t, h, "Xvfb")
	began := time.Now()
	h.eventually("another display", func() bool {
		now := child(t, h, "Xvfb")
		return now != 0 && now != before
	})
	b.Wait("window.causeway.state === 'connected'", patience)
	// The demonstration moves, so pictures keep coming.
	b.WaitFrames(20, patience)
	t.Logf("the picture moved %v after the display had died", time.Since(began))
	silentAbout(b, "display went away")
	if n := strings.Count(h.log.String(), "the virtual display died"); n != 1 {
		t.Errorf("the host says %d times that its display died", n)
	}
	if child(t, h, "xterm") == 0 {
		t.Error("the terminal is gone")
	}
}

func TestHostWaitsForADisplayThatIsNotThere(t *testing.T) {
	x := newXserver(t)
	h := startHost(t, nil, "--display", x.name, "--audio", "off")
	b := webtest.Start(t, webtest.Options{Timeout: 4 * patience})
	b.Open(h.url)
	b.WaitConnected(patience)
	tells(b, "display")
	var told string
	b.Eval("document.querySelector('.banners').innerText", &told)
	t.Logf("the page says: %s", told)
	x.start(640, 480)
	began := time.Now()
	fill(t, x.name, teal)
	b.WaitFrames(1, patience)
	t.Logf("the picture came %v after the server", time.Since(began))
	sees(t, b, teal)
	silentAbout(b, "display")
	points(t, b, x.name, 420, 100)
}

func TestPageComesBackWhenTheHostIsKilledAndStartedAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	flags := []string{"--listen", address, "--token", "the-same-token", "--capture", "pattern", "--fps", "20", "--inject", "none", "--audio", "off"}
	h := startHost(t, nil, flags...)
	b := browse(t, h, webtest.Options{})
	v := startViewer(t, h.url)
	v.frames(3)
	for range 2 {
		h.cmd.Process.Kill()
		<-h.done
		killed := time.Now()
		b.WaitState("disconnected", patience)
		t.Logf("the page noticed after %v", time.Since(killed))
		h = startHost(t, nil, flags...)
		began := time.Now()
		b.WaitConnected(patience)
		b.WaitFrames(2, patience)
		t.Logf("the page was back %v after the host", time.Since(began))
		v.frames(3)
		t.Logf("the viewer was back %v after the host", time.Since(began))
	}
}
