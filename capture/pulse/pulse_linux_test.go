package pulse_test

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"math"
	"net"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/capture/pulse"
)

// patience is for a busy machine.
const patience = 20 * time.Second

func open(t *testing.T, server, source string) capture.AudioSource {
	t.Helper()
	s, err := pulse.Backend.Open(t.Context(), capture.AudioOptions{Server: server, Source: source, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// play plays a tone on an output, or the default one, until stopped.
func play(t *testing.T, env []string, device string, hertz float64) (stop func()) {
	t.Helper()
	args := []string{"--raw", "--rate=48000", "--channels=2", "--format=s16le", "--latency-msec=20"}
	if device != "" {
		args = append(args, "--device="+device)
	}
	cmd := capturetest.Command(t, env, "pacat", args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		var b []byte
		for i := 0; ; i += 480 {
			b = b[:0]
			for n := i; n < i+480; n++ {
				v := uint16(int16(10000 * math.Sin(2*math.Pi*hertz*float64(n)/48000)))
				b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, v), v)
			}
			if _, err := in.Write(b); err != nil {
				return
			}
		}
	}()
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(stop)
	return stop
}

func pactl(t *testing.T, env []string, args ...string) string {
	t.Helper()
	out, err := capturetest.Command(t, env, "pactl", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("pactl %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// power is how much of a frequency is in the left channel (Goertzel), as a
// part of all power.
func power(samples []int16, hertz float64) float64 {
	c := 2 * math.Cos(2*math.Pi*hertz/48000)
	var a, b, all float64
	n := 0
	for i := 0; i < len(samples); i += 2 {
		v := float64(samples[i])
		a, b = v+c*a-b, a
		all += v * v
		n++
	}
	if all == 0 {
		return 0
	}
	return (a*a + b*b - c*a*b) / (all * float64(n) / 2)
}

// hear waits until a frame contains the tone, and at most two others beside.
func hear(t *testing.T, s capture.AudioSource, hertz float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		f, err := s.Next(ctx)
		if err != nil {
			t.Fatalf("waiting for %v Hz: %v", hertz, err)
		}
		if power(f.Samples, hertz) > 0.3 {
			return
		}
	}
}

func TestToneIsHeard(t *testing.T) {
	sound := capturetest.Sound(t)
	s := open(t, sound.Server(), "")
	play(t, sound.Env(), "", 1000)
	hear(t, s, 1000)
	last, first := time.Duration(0), time.Duration(0)
	const frames = 200
	for i := range frames {
		f, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Samples) != 480 || f.Rate != 48000 || f.Channels != 2 {
			t.Fatalf("%d samples at %d Hz, %d channels; want 480, 48000, 2", len(f.Samples), f.Rate, f.Channels)
		}
		if f.Time <= last {
			t.Errorf("time went from %v to %v", last, f.Time)
		}
		if off := capture.Now() - f.Time; off < -time.Second || off > time.Second {
			t.Errorf("a frame is %v old", off)
		}
		last = f.Time
		if i == 0 {
			first = last
		}
	}
	if took := last - first; took < 900*time.Millisecond || took > 1500*time.Millisecond {
		t.Errorf("%d frames of 5 ms span %v", frames, took)
	}
}

func TestSilenceBlocks(t *testing.T) {
	sound := capturetest.Sound(t)
	s := open(t, sound.Server(), "")
	quiet := func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if f, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Next in silence = %v, %v", f, err)
		}
		if out := pactl(t, sound.Env(), "list", "source-outputs"); !strings.Contains(out, "Corked: yes") {
			t.Errorf("the recording is not corked in silence: %s", out)
		}
	}
	quiet()
	for range 2 {
		stop := play(t, sound.Env(), "", 440)
		hear(t, s, 440)
		stop()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		for {
			short, done := context.WithTimeout(ctx, 300*time.Millisecond)
			_, err := s.Next(short)
			done()
			if err != nil {
				break
			}
		}
		if ctx.Err() != nil {
			t.Fatal("frames come though nothing plays")
		}
		cancel()
		quiet()
	}
}

func TestZerosAreWithheld(t *testing.T) {
	sound := capturetest.Sound(t)
	s := open(t, sound.Server(), "")
	play(t, sound.Env(), "", 0) // sin 0 is silence, played
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	n := 0
	for {
		if _, err := s.Next(ctx); err != nil {
			break
		}
		n++
	}
	if n > 120 {
		t.Errorf("%d frames of nothing were delivered", n)
	}
}

func TestDefaultOutputIsFollowed(t *testing.T) {
	sound := capturetest.Sound(t)
	s := open(t, sound.Server(), "")
	play(t, sound.Env(), "stream", 1000)
	hear(t, s, 1000)
	module := pactl(t, sound.Env(), "load-module", "module-null-sink", "sink_name=second", "norewinds=1")
	play(t, sound.Env(), "second", 3000)
	pactl(t, sound.Env(), "set-default-sink", "second")
	hear(t, s, 3000)
	// The output in use disappears.
	pactl(t, sound.Env(), "unload-module", module)
	play(t, sound.Env(), "", 5000)
	hear(t, s, 5000)
}

func TestNamedSourceIsRecorded(t *testing.T) {
	sound := capturetest.Sound(t)
	pactl(t, sound.Env(), "load-module", "module-null-sink", "sink_name=second")
	names, err := pulse.Backend.Sources(t.Context(), capture.AudioOptions{Server: sound.Server()})
	if err != nil || !slices.Contains(names, "second.monitor") || !slices.Contains(names, "stream.monitor") {
		t.Errorf("sources = %v, %v", names, err)
	}
	s := open(t, sound.Server(), "second.monitor")
	play(t, sound.Env(), "stream", 1000)
	play(t, sound.Env(), "second", 3000)
	hear(t, s, 3000)
	_, err = pulse.Backend.Open(t.Context(), capture.AudioOptions{Server: sound.Server(), Source: "third"})
	if err == nil || !strings.Contains(err.Error(), `"third"`) {
		t.Errorf("an unknown source opens with %v", err)
	}
}

func TestDeadServerIsLost(t *testing.T) {
	for name, signal := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "ended": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			sound := capturetest.Sound(t)
			s := open(t, sound.Server(), "")
			play(t, sound.Env(), "", 1000)
			hear(t, s, 1000)
			if err := syscall.Kill(sound.Pid(), signal); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var err error
			for err == nil {
				_, err = s.Next(ctx)
			}
			if !errors.Is(err, capture.ErrLost) {
				t.Errorf("Next = %v, want capture.ErrLost", err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			<-sound.Done()
			_, err = pulse.Backend.Open(t.Context(), capture.AudioOptions{Server: sound.Server()})
			if err == nil || !strings.Contains(err.Error(), "start PulseAudio") {
				t.Errorf("Open without a server = %v, want the next step in it", err)
			}
		})
	}
}

func TestCloseEndsNext(t *testing.T) {
	sound := capturetest.Sound(t)
	before := runtime.NumGoroutine()
	for range 3 {
		s, err := pulse.Backend.Open(t.Context(), capture.AudioOptions{Server: sound.Server()})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := s.Next(t.Context())
			ended <- err
		}()
		for range 2 {
			if err := s.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
		}
		select {
		case err := <-ended:
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("Next = %v, want net.ErrClosed", err)
			}
		case <-time.After(patience):
			t.Fatal("Next outlives Close")
		}
	}
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}
