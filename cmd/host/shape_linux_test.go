package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"math"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/capture/virtual"
	"github.com/causeway-rtc/causeway/capture/x11"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// twoMonitors is a display of two, L and R.
func twoMonitors(t *testing.T) *virtual.Display {
	t.Helper()
	d := capturetest.Display(t, 1280, 480, "xsetroot -solid '#883311'")
	for _, args := range [][]string{
		{"--setmonitor", "L", "640/160x480/120+0+0", "screen"}, {"--setmonitor", "R", "640/160x480/120+640+0", "none"},
	} {
		if out, err := capturetest.Command(t, d.Env(), "xrandr", args...).CombinedOutput(); err != nil {
			t.Fatalf("xrandr: %v: %s", err, out)
		}
	}
	return d
}

// choose uses the page's menu of monitors.
func choose(b *webtest.Browser, name string) {
	var done bool
	b.Eval(fmt.Sprintf(`(() => {
		const menu = document.querySelector('.monitors');
		menu.value = %q;
		return menu.dispatchEvent(new Event('change'));
	})()`, name), &done)
}

// clickAt clicks on a part of the picture, in fractions of it.
func clickAt(b *webtest.Browser, fx, fy float64) {
	var box [4]float64
	b.Eval(`(() => {
		const { video } = causeway.stream, r = video.getBoundingClientRect();
		const scale = Math.min(r.width / video.videoWidth, r.height / video.videoHeight);
		const w = video.videoWidth * scale, h = video.videoHeight * scale;
		return [r.left + (r.width - w) / 2, r.top + (r.height - h) / 2, w, h];
	})()`, &box)
	b.Click(box[0]+fx*box[2], box[1]+fy*box[3])
}

func TestPageSwitchesMonitorsAndClicksLandOnThem(t *testing.T) {
	d := twoMonitors(t)
	p := startHost(t, d.Env(), "--display", d.Name(), "--audio", "off")
	b := browse(t, p, webtest.Options{})
	b.Wait("causeway.stream.shape.monitors.length === 2 && !document.querySelector('.monitors').hidden", patience)
	guard := x11.NewGuard(capture.NewView(capture.Area{}), d.Name)
	t.Cleanup(func() { guard.Close() })
	for _, row := range []struct {
		monitor string
		bounds  image.Rectangle
	}{
		{"R", image.Rect(640, 0, 1280, 480)}, {"L", image.Rect(0, 0, 640, 480)}, {"", image.Rect(0, 0, 1280, 480)},
	} {
		choose(b, row.monitor)
		b.Wait(fmt.Sprintf("causeway.stream.video.videoWidth === %d && causeway.stream.shape.monitor === %q", row.bounds.Dx(), row.monitor), patience)
		b.Wait("!document.querySelector('.toolbar').classList.contains('shown')", patience)
		want := image.Pt(row.bounds.Min.X+row.bounds.Dx()/4, row.bounds.Min.Y+3*row.bounds.Dy()/4)
		clickAt(b, 0.25, 0.75)
		p.eventually(fmt.Sprintf("the pointer to be near %v", want), func() bool {
			at, err := guard.Pointer()
			if err != nil {
				t.Fatal(err)
			}
			return math.Abs(float64(at.X-want.X)) <= 2 && math.Abs(float64(at.Y-want.Y)) <= 2
		})
	}
}

func TestVirtualDisplayFollowsThePage(t *testing.T) {
	p := startHost(t, nil, "--virtual", "1280x720", "--run", "sleep 1000", "--audio", "off", "--scale", "2")
	b := browse(t, p, webtest.Options{})
	b.Wait("causeway.stream.shape.resizable && causeway.stream.video.videoWidth === 1280", patience)
	press := func(label string) {
		var done bool
		b.Eval(fmt.Sprintf(`document.querySelector('[aria-label=%q]').click() ?? true`, label), &done)
	}
	const same = "causeway.stream.video.videoWidth === Math.round(innerWidth * devicePixelRatio) && " +
		"causeway.stream.video.videoHeight === Math.round(innerHeight * devicePixelRatio)"
	for i, size := range []struct {
		w, h  int64
		scale float64
	}{{901, 607, 1}, {640, 400, 2}, {1024, 600, 1.5}} {
		b.Do(chromedp.EmulateViewport(size.w, size.h, chromedp.EmulateScale(size.scale)))
		if i == 0 {
			press("Fit the desktop to this window")
		}
		b.Wait(same, patience)
	}
	press("Give the desktop its size back")
	b.Wait("causeway.stream.video.videoWidth === 1280 && causeway.stream.video.videoHeight === 720 && causeway.state === 'connected'", patience)
}

func TestListShowsMonitors(t *testing.T) {
	d := twoMonitors(t)
	var out bytes.Buffer
	if err := printList(context.Background(), &out, config{display: d.Name()}, func(string) string { return "" }); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1 L 640x480+0+0", "2 R 640x480+640+0"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestPartsOfADisplayExcludeEachOther(t *testing.T) {
	for _, args := range []string{
		"--monitor 1 --window x", "--region 1x1+0+0 --process 77", "--region 0x5+1+1", "--region 5x5", "--region 5x5+-1+0",
		"--process 1", "--scale 0.5", "--scale nan", "--monitor 2 --capture kbinani",
	} {
		if _, err := parseConfig(strings.Fields(args), func(string) string { return "" }); err == nil {
			t.Errorf("%s is accepted", args)
		}
	}
	for args, want := range map[string]string{
		"--monitor all": "all monitors", "--monitor DP-1": "monitor DP-1", "--region 641x480+10+0": "region 641x480+10+0",
		"--window 0x12": "window 0x12", "--process 77": "process 77",
	} {
		c, err := parseConfig(strings.Fields(args), func(string) string { return "" })
		if err != nil || c.area().String() != want {
			t.Errorf("%s: %v, %v", args, c.area(), err)
		}
	}
}
