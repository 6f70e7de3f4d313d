package bench

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// BenchmarkGame measures a source of 60 pictures a second in full motion: how
// long a picture is on its way, how evenly pictures are shown, how old what is
// shown is, and what it costs.
func BenchmarkGame(b *testing.B) {
	compare(b, moving(60), func(b *testing.B, t trial) {
		var use HostUse
		rec, err := Record(b.Context(), t.App, t.Probe, warmUp, func(ctx context.Context) (err error) {
			use, err = MeasureHost(ctx, t.Rig, waiting(lasting(16*time.Second)))
			return err
		})
		memory, merr := t.HostMemory()
		check(b, err, merr)
		reportLikeness(b, t, "game")
		drawn, err := drawingCost(b, t)
		check(b, err)
		reportGame(b, t, rec)
		shown := float64(len(PhotonTimes(rec.Sightings, rec.Start, rec.End)))
		cost := Milliseconds(use.CPU) - drawn*float64(len(rec.Draws))
		add(b, 1, Result{
			Name: "host CPU per shown picture", Subject: t.aimed(0.8), Unit: "ms", Load: use.Load, Summary: Single(cost / shown),
			Remarks: []string{fmt.Sprintf("%.1f %% of a core", 100*cost/Milliseconds(use.Took))},
		})
		add(b, 1, Result{Name: "network, game", Subject: t.subject(), Unit: "Mbit/s", Load: use.Load, Summary: Single(use.Kbps() / 1000)})
		add(b, 1, Result{
			Name: "host memory", Subject: t.subject(), Unit: "MiB", Target: Target{Median: t.pick(0, 120)},
			Summary: Single(float64(memory) / (1 << 20)),
		})
	})
}

// drawingCost is the CPU time, in milliseconds, that a host needs for a
// picture without a viewer: what a display that is part of it takes to draw.
func drawingCost(b *testing.B, t trial) (float64, error) {
	if _, serves := t.system.(TigerVNC); !serves {
		return 0, nil
	}
	if err := t.Browser.Close(); err != nil {
		return 0, err
	}
	t.Browser = nil
	before := len(t.App.Draws())
	stop := Background(b.Context(), t.App.Run)
	use, err := MeasureHost(b.Context(), t.Rig, waiting(lasting(8*time.Second)))
	if serr := stop(); err == nil {
		err = serr
	}
	return Milliseconds(use.CPU) / float64(max(len(t.App.Draws())-before, 1)), err
}

// reportGame reports what a recording of a source of 60 pictures a second says
// about time.
func reportGame(b *testing.B, t trial, rec Recording) {
	b.Helper()
	shown, missed := JoinDraws(rec.Draws, rec.Sightings)
	add(b, 1, Result{
		Name: "draw → pixel", Subject: t.subject(), Unit: "ms", Load: rec.Load,
		Samples: latencies(shown, func(s Shown) time.Duration { return s.Drawn }),
		Remarks: []string{fmt.Sprintf("%d of %d pictures never seen", missed, len(rec.Draws))},
	})
	add(b, 1, Result{
		Name: "screen age", Subject: t.subject(), Unit: "ms", Target: Target{Median: t.pick(17, 24)}, Load: rec.Load,
		Samples: Ages(rec.Draws, rec.Sightings, rec.Start, rec.End),
	})
	at := PhotonTimes(rec.Sightings, rec.Start, rec.End)
	took := (rec.End - rec.Start).Seconds()
	more := t.subject()
	more.More = true
	add(b, 1, Result{
		Name: "shown of 60 fps", Subject: more, Unit: "fps", Target: Target{AtLeast: 58}, Load: rec.Load,
		Summary: Single(float64(len(at)) / took),
		Remarks: []string{fmt.Sprintf("%.1f drawn a second", float64(len(rec.Draws))/took)},
	})
	gaps := Summarize(Gaps(at))
	add(b, 1, Result{
		Name: "95 % of gaps between shown pictures", Subject: t.subject(), Unit: "ms", Target: Target{Median: 20},
		Summary: Single(gaps.P95), Load: rec.Load, Remarks: []string{fmt.Sprintf("n %d", gaps.N)},
	})
	add(b, 1, Result{
		Name: "longest gap", Subject: t.subject(), Unit: "ms", Target: Target{Median: 36}, Summary: Single(gaps.Max), Load: rec.Load,
	})
}

// latencies are the times from one moment of a shown picture to its photon.
func latencies(shown []Shown, from func(Shown) time.Duration) []float64 {
	var all []float64
	for _, s := range shown {
		all = append(all, Milliseconds(s.Photon-from(s)))
	}
	return all
}

// BenchmarkGrain is draw → pixel with film grain, which differs from picture
// to picture and costs an encoder more.
func BenchmarkGrain(b *testing.B) {
	r := newRig(b, hd.rig(func(display string) (App, error) { return OpenFlip(display, 58, true) }))
	for b.Loop() {
		var use HostUse
		rec, err := Record(b.Context(), r.App, r.Probe, warmUp, func(ctx context.Context) (err error) {
			use, err = MeasureHost(ctx, r, waiting(lasting(12*time.Second)))
			return err
		})
		check(b, err, r.Alive())
		shown, missed := JoinDraws(rec.Draws, rec.Sightings)
		add(b, 100, Result{
			Name: "draw → pixel, 58 fps with film grain", Subject: Subject{Size: hd.name}, Unit: "ms", Load: rec.Load,
			Samples: latencies(shown, func(s Shown) time.Duration { return s.Drawn }),
			Remarks: []string{
				fmt.Sprintf("%d of %d pictures never seen", missed, len(rec.Draws)),
				fmt.Sprintf("%.1f %% of a core, %.1f Mbit/s", use.Percent(), use.Kbps()/1000),
			},
		})
	}
}
