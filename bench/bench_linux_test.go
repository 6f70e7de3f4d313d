package bench

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

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
	for _, s := range []size{hd, fullHD} {
		b.Run(s.name, func(b *testing.B) {
			o := s.rig(moving(60))
			o.WithoutBrowser = true
			r := newRig(b, o)
			defer Background(b.Context(), r.App.Run)()
			for b.Loop() {
				one, oneFPS := fanOut(b, r, s, 1)
				ten, tenFPS := fanOut(b, r, s, 10)
				ratio := Result{
					Name: "host CPU, ten viewers ÷ one", Subject: Subject{Size: s.name}, Unit: "×", Target: Target{Median: s.pick(1.4, 1.3)},
					Summary: Single(ten.Percent() / one.Percent()), Load: ten.Load,
				}
				if tenFPS < 0.9*oneFPS {
					ratio.Invalid = "this machine cannot receive for ten: the host encoded less than with one"
				}
				add(b, 1, ratio)
			}
		})
	}
}

// fanOut lets n viewers watch and measures the host meanwhile.
func fanOut(b *testing.B, r *Rig, s size, n int) (use HostUse, fps float64) {
	b.Helper()
	const settle = 4 * time.Second
	d := lasting(12 * time.Second)
	stop, err := r.StartViewers(program(b, "viewer"), n, settle+d+5*time.Second)
	if err != nil {
		b.Fatal(err)
	}
	err = Wait(b.Context(), settle)
	use, uerr := MeasureHost(b.Context(), r, waiting(d))
	fps, serr := stop()
	if err := errors.Join(err, uerr, serr, r.Alive()); err != nil {
		b.Fatal(err)
	}
	add(b, 1, Result{
		Name: fmt.Sprintf("host CPU, headless viewers: %d", n), Subject: Subject{Size: s.name},
		Unit: "%-of-a-core", Summary: Single(use.Percent()), Load: use.Load,
		Remarks: []string{fmt.Sprintf("%.1f pictures a second each, %.1f Mbit/s together, %.1f ms of host CPU for a picture",
			fps, use.Kbps()/1000, 10*use.Percent()/fps)},
	})
	return use, fps
}
