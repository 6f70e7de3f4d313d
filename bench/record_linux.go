package bench

import (
	"context"
	"errors"
	"time"
)

// tail is how long after a measurement sightings still count, so that its
// last pictures can be seen.
const tail = time.Second

// Recording is what an application drew and a probe saw.
type Recording struct {
	// Draws are those between Start and End; Sightings reach beyond.
	Draws      []Draw
	Sightings  []Sighting
	Start, End time.Duration
	Load       Load
}

// Record runs app and probe, lets warmUp pass, and records while during runs.
func Record(ctx context.Context, app App, probe *Probe, warmUp time.Duration, during func(context.Context) error) (Recording, error) {
	stop := Background(ctx, app.Run)
	var r Recording
	stopProbe := Background(ctx, func(ctx context.Context) (err error) {
		r.Sightings, err = probe.Run(ctx)
		return err
	})
	err := r.measure(ctx, warmUp, during)
	err = errors.Join(err, stop(), stopProbe())
	r.Draws = Between(app.Draws(), r.Start, r.End)
	return r, err
}

func (r *Recording) measure(ctx context.Context, warmUp time.Duration, during func(context.Context) error) error {
	if err := Wait(ctx, warmUp); err != nil {
		return err
	}
	meter, err := StartLoad()
	if err != nil {
		return err
	}
	r.Start = Now()
	if err := during(ctx); err != nil {
		return err
	}
	r.End = Now()
	if r.Load, err = meter.Stop(); err != nil {
		return err
	}
	return Wait(ctx, tail)
}

// Background calls f on a goroutine. The function it returns ends f by its
// context, waits for it and returns its error.
func Background(ctx context.Context, f func(context.Context) error) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	return func() error {
		cancel()
		return <-done
	}
}

// Wait lets d pass, or less when ctx ends.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// HostUse is what a host needed.
type HostUse struct {
	// CPU is the time that it used.
	CPU, Took time.Duration
	// Traffic is what passed the network, in both directions together,
	// everything counted.
	Traffic Traffic
	Load    Load
}

// Percent is the CPU time in percent of one core.
func (u HostUse) Percent() float64 { return 100 * float64(u.CPU) / float64(u.Took) }

// Kbps is the traffic in kbit/s.
func (u HostUse) Kbps() float64 { return 8 * float64(u.Traffic.Bytes) / u.Took.Seconds() / 1000 }

// MeasureHost measures what the host of r needs while during runs.
func MeasureHost(ctx context.Context, r *Rig, during func(context.Context) error) (HostUse, error) {
	meter, err := StartLoad()
	cpu, cerr := r.HostCPU()
	traffic, terr := LoopbackTraffic()
	start := Now()
	if err := errors.Join(err, cerr, terr); err != nil {
		return HostUse{}, err
	}
	err = during(ctx)
	took := Now() - start
	cpuAfter, cerr := r.HostCPU()
	trafficAfter, terr := LoopbackTraffic()
	load, lerr := meter.Stop()
	return HostUse{
		CPU:  cpuAfter - cpu,
		Took: took,
		Traffic: Traffic{
			Bytes:   trafficAfter.Bytes - traffic.Bytes,
			Packets: trafficAfter.Packets - traffic.Packets,
		},
		Load: load,
	}, errors.Join(err, cerr, terr, lerr)
}
