package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// BenchmarkScroll measures source code that scrolls at 60 pictures a second:
// what it costs the network, and how much what is shown resembles what was
// drawn.
func BenchmarkScroll(b *testing.B) {
	open := func(display string) (App, error) { return OpenScroll(display, 60) }
	compare(b, open, func(b *testing.B, t trial) {
		var use HostUse
		rec, err := Record(b.Context(), t.App, t.Probe, warmUp, func(ctx context.Context) (err error) {
			use, err = MeasureHost(ctx, t.Rig, waiting(lasting(12*time.Second)))
			return err
		})
		check(b, err)
		fps := float64(len(PhotonTimes(rec.Sightings, rec.Start, rec.End))) / (rec.End - rec.Start).Seconds()
		add(b, 1, Result{
			Name: "network, scrolling code", Subject: t.aimed(0.4), Unit: "Mbit/s", Load: use.Load, Summary: Single(use.Kbps() / 1000),
			Remarks: []string{fmt.Sprintf("%.1f kbit per shown picture", use.Kbps()/fps)},
		})
		more := t.subject()
		more.More = true
		add(b, 1, Result{Name: "shown of 60 fps, scrolling code", Subject: more, Unit: "fps", Load: rec.Load, Summary: Single(fps)})
		reportLikeness(b, t, "scrolling code")
	})
}

// reportLikeness compares pictures that the viewer's display shows of what
// moves with what the application drew.
func reportLikeness(b *testing.B, t trial, content string) {
	b.Helper()
	eye := view(b, t, t.ViewerDisplay)
	var seen []Picture
	rec, err := Record(b.Context(), t.App, t.Probe, time.Second, func(ctx context.Context) error {
		for range max(int(lasting(16)), 6) {
			p, err := eye.Look()
			if err := errors.Join(err, Wait(ctx, 110*time.Millisecond)); err != nil {
				return err
			}
			seen = append(seen, p.Clone())
		}
		return nil
	})
	check(b, err)
	var alike, ratio []float64
	at := t.Probe.Place()
	for _, p := range seen {
		code := p.Code(at.X, at.Y)
		i := slices.IndexFunc(t.App.Draws(), func(d Draw) bool { return CodeOf(d.Seq) == code })
		if i >= 0 {
			drawn := t.App.(Remembering).Picture(t.App.Draws()[i].Seq)
			alike, ratio = append(alike, SSIM(p, drawn)), append(ratio, PSNR(p, drawn))
		}
	}
	more := t.subject()
	more.More = true
	add(b, len(seen)/2, Result{Name: "SSIM, " + content + " as shown", Subject: more, Load: rec.Load, Samples: alike})
	add(b, len(seen)/2, Result{Name: "PSNR, " + content + " as shown", Subject: more, Unit: "dB", Load: rec.Load, Samples: ratio})
}

// The moments after a page was turned at which the whole of the picture is
// compared.
var moments = []time.Duration{
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second,
	1500 * time.Millisecond, 2 * time.Second, 3 * time.Second, 4 * time.Second, 5 * time.Second,
}

const (
	// exact is by how much a channel of a pixel may differ from the original
	// without that anybody could see it.
	exact = 2
	// exactInterval is how often it is tested whether a picture is exact.
	exactInterval = 40 * time.Millisecond
)

// turned is what became of a page on the viewer's screen.
type turned struct {
	seen    []Picture // at each of moments
	drawn   Picture
	exactAt time.Duration // zero for never
	kB      float64       // in the first 3 s
}

// BenchmarkSharpness measures how sharp a new page of coloured text is over time,
// and what it costs the network.
func BenchmarkSharpness(b *testing.B) {
	open := func(display string) (App, error) { return OpenPage(display) }
	compare(b, open, func(b *testing.B, t trial) {
		host, viewer := view(b, t, t.HostDisplay), view(b, t, t.ViewerDisplay)
		check(b, Wait(b.Context(), 3*warmUp))
		meter, err := StartLoad()
		check(b, err)
		var all []turned
		for range max(int(lasting(5)), 2) {
			one, err := turn(b.Context(), t, host, viewer)
			check(b, err)
			all = append(all, one)
		}
		load, err := meter.Stop()
		check(b, err)
		reportPages(b, t, all, load)
	})
}

// turn turns the page once and watches what becomes of it.
func turn(ctx context.Context, t trial, host, viewer *View) (turned, error) {
	var one turned
	before, err := LoopbackTraffic()
	if err != nil {
		return one, err
	}
	d, err := t.App.(*Page).Turn()
	if err != nil {
		return one, err
	}
	drawn, err := host.Look()
	if err != nil {
		return one, err
	}
	one.drawn = drawn.Clone()
	for next := d.Drawn; len(one.seen) < len(moments); next += exactInterval {
		due := d.Drawn + moments[len(one.seen)]
		at := min(max(next, Now()), due)
		if err := Wait(ctx, at-Now()); err != nil {
			return one, err
		}
		p, err := viewer.Look()
		if err != nil {
			return one, err
		}
		if at = Now(); one.exactAt == 0 && Within(p, one.drawn, exact) {
			one.exactAt = at - d.Drawn
		}
		if at < due {
			continue
		}
		one.seen = append(one.seen, p.Clone())
		if moments[len(one.seen)-1] == 3*time.Second {
			after, err := LoopbackTraffic()
			if err != nil {
				return one, err
			}
			one.kB = float64(after.Bytes-before.Bytes) / 1000
		}
	}
	return one, nil
}

// reportPages reports the medians of all pages.
func reportPages(b *testing.B, t trial, all []turned, load Load) {
	b.Helper()
	more := t.subject()
	more.More = true
	var curve []Point
	for i, moment := range moments {
		var ratio, alike []float64
		for _, one := range all {
			ratio = append(ratio, PSNR(one.seen[i], one.drawn))
			alike = append(alike, SSIM(one.seen[i], one.drawn))
		}
		curve = append(curve, Point{moment.Seconds(), Summarize(ratio).Median})
		target := Target{}
		switch moment {
		case 250 * time.Millisecond:
		case time.Second:
			target.AtLeast = t.pick(45, 49)
		case 3 * time.Second:
			target.AtLeast = 48
		default:
			continue
		}
		r := Result{
			Name: fmt.Sprintf("PSNR of a page after %g s", moment.Seconds()), Subject: more, Unit: "dB", Target: target, Load: load, Samples: ratio,
		}
		if moment == 3*time.Second {
			defer func() { r.Curve = curve; add(b, 1, r) }()
		} else {
			add(b, 1, r)
		}
		add(b, 1, Result{Name: fmt.Sprintf("SSIM of a page after %g s", moment.Seconds()), Subject: more, Load: load, Samples: alike})
	}
	var kB, exactAt, left []float64
	for _, one := range all {
		kB = append(kB, one.kB)
		left = append(left, float64(LargestError(one.seen[len(one.seen)-1], one.drawn)))
		if one.exactAt > 0 {
			exactAt = append(exactAt, Milliseconds(one.exactAt))
		}
	}
	add(b, 1, Result{
		Name: "kB in the 3 s after a page change", Subject: t.subject(), Unit: "kB", Target: Target{Median: t.pick(1000, 1400)}, Load: load, Samples: kB,
	})
	last := moments[len(moments)-1]
	whole := Result{
		Name: "page change → exact", Subject: t.subject(), Unit: "ms", Load: load, Samples: exactAt,
		Remarks: []string{fmt.Sprintf("%d of %d pages were exact (±%d) within %v", len(exactAt), len(all), exact, last)},
	}
	if len(exactAt) == 0 {
		whole.Invalid = fmt.Sprintf("never within %v", last)
	}
	add(b, 1, whole)
	add(b, 1, Result{Name: "largest error of a page after 5 s", Subject: t.subject(), Unit: "levels", Load: load, Samples: left})
}
