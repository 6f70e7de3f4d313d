package bench

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkIdle measures what a desktop at rest costs with one viewer.
func BenchmarkIdle(b *testing.B) {
	compare(b, still, func(b *testing.B, t trial) {
		defer Background(b.Context(), t.App.Run)()
		// The picture may still be getting sharper.
		check(b, Wait(b.Context(), 8*time.Second))
		use, err := MeasureHost(b.Context(), t.Rig, waiting(lasting(12*time.Second)))
		check(b, err)
		add(b, 1, Result{
			Name: "host CPU, idle", Subject: t.subject(), Unit: "%-of-a-core", Target: Target{Median: 1},
			Summary: Single(use.Percent()), Load: use.Load,
		})
		add(b, 1, Result{
			Name: "network, idle", Subject: t.subject(), Unit: "kbit/s", Target: Target{Median: 8},
			Summary: Single(use.Kbps()), Load: use.Load,
			Remarks: []string{fmt.Sprintf("%.1f packets a second", float64(use.Traffic.Packets)/use.Took.Seconds())},
		})
	})
}
