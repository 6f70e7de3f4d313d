package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// warmUp is what passes before anything counts: encoder and browser settle.
const warmUp = 2 * time.Second

// size is a size of the desktop and the bit rate that goes with it.
type size struct {
	name          string
	width, height int
	bitrate       string
}

var (
	hd     = size{"720p", 1280, 720, "12M"}
	fullHD = size{"1080p", 1920, 1080, "20M"}
)

// rig is the options for a desktop of this size with an application.
func (s size) rig(open func(display string) (App, error)) RigOptions {
	return RigOptions{Width: s.width, Height: s.height, Bitrate: s.bitrate, Open: open}
}

// moving opens an application in full motion, still one that waits for keys.
func moving(fps float64) func(display string) (App, error) {
	return func(display string) (App, error) { return OpenFlip(display, fps, false) }
}

// grainy is moving with film grain.
func grainy(fps float64) func(display string) (App, error) {
	return func(display string) (App, error) { return OpenFlip(display, fps, true) }
}

func still(display string) (App, error) { return OpenReact(display) }

// waiting is a measurement in which nothing is done.
func waiting(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error { return Wait(ctx, d) }
}

// latencies are the times from one moment of a shown picture to its photon.
func latencies(shown []Shown, from func(Shown) time.Duration) []float64 {
	var all []float64
	for _, s := range shown {
		all = append(all, Milliseconds(s.Photon-from(s)))
	}
	return all
}

// BenchmarkFloor measures the rig: application and probe share a display.
// What it shows is part of every other latency.
func BenchmarkFloor(b *testing.B) {
	for _, s := range []size{hd, fullHD} {
		b.Run(s.name, func(b *testing.B) {
			d, err := startDisplay(b.Context(), s.width, s.height)
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			app, err := OpenFlip(d.Name(), 58, false)
			if err != nil {
				b.Fatal(err)
			}
			defer app.Close()
			probe, err := OpenProbe(d.Name())
			if err != nil {
				b.Fatal(err)
			}
			defer probe.Close()
			if err := probe.Locate(b.Context(), FirstCode); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				drawToPixel(b, "rig alone, draw → pixel "+s.name, Target{}, app, probe)
			}
		})
	}
}

// drawToPixel records an application in full motion for 20 s.
func drawToPixel(b *testing.B, name string, target Target, app App, probe *Probe) {
	b.Helper()
	r, err := Record(b.Context(), app, probe, warmUp, waiting(lasting(20*time.Second)))
	if err != nil {
		b.Fatal(err)
	}
	shown, missed := JoinDraws(r.Draws, r.Sightings)
	asked := Summarize(latencies(shown, func(s Shown) time.Duration { return s.Issued }))
	add(b, 200, Result{
		Name: name, Unit: "ms", Target: target, Load: r.Load,
		Samples: latencies(shown, func(s Shown) time.Duration { return s.Drawn }),
		Remarks: []string{
			fmt.Sprintf("%d of %d pictures never seen", missed, len(r.Draws)),
			fmt.Sprintf("counted from the request to draw %.1f / %.1f / %.1f ms", asked.Median, asked.P95, asked.Max),
		},
	})
}

// BenchmarkDrawToPixel measures from an application's draw to the viewer's
// pixel in full motion, a little under the viewer's refresh rate.
func BenchmarkDrawToPixel(b *testing.B) {
	for _, test := range []struct {
		size
		content string
		open    func(display string) (App, error)
		target  Target
	}{
		{hd, "", moving(58), Target{Median: 9, P95: 15}},
		{fullHD, "", moving(58), Target{Median: 15, P95: 20}},
		{hd, ", film grain", grainy(58), Target{}},
	} {
		b.Run(test.name+test.content, func(b *testing.B) {
			r := newRig(b, test.rig(test.open))
			for b.Loop() {
				drawToPixel(b, "draw → pixel "+test.name+test.content, test.target, r.App, r.Probe)
			}
			if test.content != "" {
				return
			}
			memory, err := ResidentMemory(r.Host.Pid())
			if err := errors.Join(err, r.Alive()); err != nil {
				b.Fatal(err)
			}
			target := Target{}
			if test.size == fullHD {
				target.Median = 120
			}
			add(b, 1, Result{
				Name: "host memory, one viewer, " + test.name, Unit: "MiB", Target: target,
				Summary: Single(float64(memory) / (1 << 20)),
			})
		})
	}
}

// BenchmarkKeyToPixel measures from a key pressed on the viewer's display to
// the pixel there that an application on the host changed for it.
func BenchmarkKeyToPixel(b *testing.B) {
	r := newRig(b, hd.rig(still))
	keyboard, err := OpenPresser(r.ViewerDisplay.Name())
	if err != nil {
		b.Fatal(err)
	}
	defer keyboard.Close()
	if err := keyboard.Click(hd.width/2, hd.height*3/4); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		presses := int(lasting(120))
		var pressed []Press
		rec, err := Record(b.Context(), r.App, r.Probe, warmUp, func(ctx context.Context) error {
			for range presses {
				p, err := keyboard.Press()
				pressed = append(pressed, p)
				gap := 150*time.Millisecond + rand.N(350*time.Millisecond)
				if err := errors.Join(err, Wait(ctx, gap)); err != nil {
					return err
				}
			}
			return nil
		})
		if err := errors.Join(err, r.Alive()); err != nil {
			b.Fatal(err)
		}
		shown, unseen := JoinDraws(rec.Draws, rec.Sightings)
		answers, missed := JoinPresses(pressed, shown)
		reportKeys(b, rec, answers, fmt.Sprintf("%d of %d presses unanswered, %d pictures unseen", missed, presses, unseen))
	}
}

// reportKeys reports the whole way and its first half.
func reportKeys(b *testing.B, rec Recording, answers []Answer, remark string) {
	b.Helper()
	var whole, there []float64
	for _, a := range answers {
		whole = append(whole, Milliseconds(a.Photon-a.At))
		there = append(there, Milliseconds(a.Cause-a.At))
	}
	add(b, 30, Result{Name: "key → application " + hd.name, Unit: "ms", Load: rec.Load, Samples: there})
	add(b, 30, Result{
		Name: "key → pixel, quiet desktop " + hd.name, Unit: "ms", Target: Target{Median: 10, P95: 15},
		Load: rec.Load, Samples: whole, Remarks: []string{remark},
	})
}

// BenchmarkPacing measures how evenly a source of 60 pictures a second is
// shown.
func BenchmarkPacing(b *testing.B) {
	r := newRig(b, hd.rig(moving(60)))
	for b.Loop() {
		rec, err := Record(b.Context(), r.App, r.Probe, warmUp, waiting(lasting(30*time.Second)))
		if err := errors.Join(err, r.Alive()); err != nil {
			b.Fatal(err)
		}
		shown := PhotonTimes(rec.Sightings, rec.Start, rec.End)
		took := (rec.End - rec.Start).Seconds()
		drawn := fmt.Sprintf("%.1f drawn a second", float64(len(rec.Draws))/took)
		add(b, 1, Result{
			Name: "shown of a 60 fps source", Unit: "fps", Target: Target{AtLeast: 57.5}, Load: rec.Load,
			Summary: Single(float64(len(shown)) / took), Remarks: []string{drawn},
		})
		add(b, 300, Result{
			Name: "gap between shown pictures", Unit: "ms", Target: Target{P95: 20, Max: 36}, Load: rec.Load,
			Samples: Gaps(shown),
		})
	}
}

// BenchmarkHost measures what the host needs, in full motion and at rest.
func BenchmarkHost(b *testing.B) {
	for _, test := range []struct {
		name      string
		open      func(display string) (App, error)
		settle    time.Duration
		cpu, kbps float64 // targets
	}{
		{"motion", moving(60), warmUp, 33, 0},
		{"film grain", grainy(60), warmUp, 0, 0},
		{"idle", still, 10 * time.Second, 1.5, 10},
	} {
		b.Run(test.name, func(b *testing.B) {
			r := newRig(b, hd.rig(test.open))
			defer Background(b.Context(), r.App.Run)()
			for b.Loop() {
				err := Wait(b.Context(), test.settle)
				use, uerr := MeasureHost(b.Context(), r.Host.Pid(), lasting(20*time.Second))
				if err := errors.Join(err, uerr, r.Alive()); err != nil {
					b.Fatal(err)
				}
				add(b, 1, Result{
					Name: "host CPU, " + test.name + " " + hd.name, Unit: "%-of-a-core",
					Target: Target{Median: test.cpu}, Summary: Single(use.CPU), Load: use.Load,
				})
				add(b, 1, Result{
					Name: "network, " + test.name + " " + hd.name, Unit: "kbit/s",
					Target: Target{Median: test.kbps}, Summary: Single(use.Bits / 1000), Load: use.Load,
					Remarks: []string{fmt.Sprintf("%.1f packets a second", use.Packets)},
				})
			}
		})
	}
}

// BenchmarkPageOpen measures from the moment a running browser is told the
// address to the first pixel of the desktop. It is not the browser's first
// visit to the host.
func BenchmarkPageOpen(b *testing.B) {
	o := hd.rig(still)
	o.DevTools = true
	r := newRig(b, o)
	tools, err := r.DialDevTools(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer tools.Close()
	_, err = tools.Navigate(b.Context(), r.URL)
	if err := errors.Join(err, r.Probe.Locate(b.Context(), FirstCode)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		meter, err := StartLoad()
		if err != nil {
			b.Fatal(err)
		}
		var times []float64
		for range int(lasting(20)) {
			took, err := openPage(b.Context(), r, tools)
			if err := errors.Join(err, r.Alive()); err != nil {
				b.Fatal(err)
			}
			times = append(times, Milliseconds(took))
		}
		load, err := meter.Stop()
		if err != nil {
			b.Fatal(err)
		}
		add(b, 5, Result{
			Name: "page open → first picture " + hd.name, Unit: "ms", Target: Target{Median: 400},
			Samples: times, Load: load,
		})
	}
}

// openPage leaves the page, waits, and opens it again.
func openPage(ctx context.Context, r *Rig, tools *DevTools) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if _, err := tools.Navigate(ctx, blankPage); err != nil {
		return 0, err
	}
	if _, err := r.Probe.Await(ctx, NoCode); err != nil {
		return 0, err
	}
	if err := Wait(ctx, time.Second); err != nil {
		return 0, err
	}
	told, err := tools.Navigate(ctx, r.URL)
	if err != nil {
		return 0, err
	}
	photon, err := r.Probe.Await(ctx, FirstCode)
	return photon - told, err
}

// BenchmarkFanOut measures the host's CPU with ten headless viewers against
// that with one.
func BenchmarkFanOut(b *testing.B) {
	o := hd.rig(moving(60))
	o.WithoutBrowser = true
	r := newRig(b, o)
	defer Background(b.Context(), r.App.Run)()
	for b.Loop() {
		one, oneFPS := fanOut(b, r, 1)
		ten, tenFPS := fanOut(b, r, 10)
		ratio := Result{
			Name: "host CPU, ten viewers ÷ one", Unit: "×", Target: Target{Median: 1.5},
			Summary: Single(ten.CPU / one.CPU), Load: ten.Load,
		}
		if tenFPS < 0.9*oneFPS {
			ratio.Invalid = "this machine cannot decode for ten: the host encoded less than with one"
		}
		add(b, 1, ratio)
	}
}

// fanOut lets n viewers watch and measures the host meanwhile.
func fanOut(b *testing.B, r *Rig, n int) (use HostUse, fps float64) {
	b.Helper()
	const settle = 4 * time.Second
	d := lasting(16 * time.Second)
	stop, err := r.StartViewers(program(b, "viewer"), n, settle+d+5*time.Second)
	if err != nil {
		b.Fatal(err)
	}
	err = Wait(b.Context(), settle)
	use, uerr := MeasureHost(b.Context(), r.Host.Pid(), d)
	fps, serr := stop()
	if err := errors.Join(err, uerr, serr, r.Alive()); err != nil {
		b.Fatal(err)
	}
	add(b, 1, Result{
		Name: fmt.Sprintf("host CPU, headless viewers: %d", n), Unit: "%-of-a-core", Summary: Single(use.CPU), Load: use.Load,
		Remarks: []string{fmt.Sprintf("%.1f pictures a second each, %.1f Mbit/s together, %.1f ms of host CPU for a picture",
			fps, use.Bits/1e6, 10*use.CPU/fps)},
	})
	return use, fps
}
