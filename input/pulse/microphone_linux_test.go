package pulse_test

import (
	"context"
	"errors"
	"math"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/capturetest"
	record "github.com/causeway-rtc/causeway/capture/pulse"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/input/pulse"
)

// patience is for a busy machine.
const patience = 20 * time.Second

func open(t *testing.T, server string) input.VirtualMicrophone {
	t.Helper()
	m, err := pulse.Microphone.Open(t.Context(), input.MicrophoneOptions{Server: server})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// say speaks a tone into m until stop is called.
func say(t *testing.T, m input.VirtualMicrophone, hz float64) (stop func()) {
	t.Helper()
	v, err := m.Speak()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		n, began := 0, time.Now()
		for {
			var samples []int16
			for until := int(time.Since(began).Seconds() * input.MicrophoneRate); n < until; n++ {
				samples = append(samples, int16(6000*math.Sin(2*math.Pi*hz*float64(n)/input.MicrophoneRate)))
			}
			if err := v.Say(samples); err != nil {
				return
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	stop = func() {
		cancel()
		<-done
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(cancel)
	return stop
}

// hear waits until all these tones, and none else, make a frame recorded from
// source.
func hear(t *testing.T, server, source string, hz ...float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s, err := record.Backend.Open(ctx, capture.AudioOptions{Server: server, Source: source})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for {
		f, err := s.Next(ctx)
		if err != nil {
			t.Fatalf("waiting for %v Hz: %v", hz, err)
		}
		var all, sum float64
		least := 1.0
		for i := 0; i < len(f.Samples); i += 2 {
			all += float64(f.Samples[i]) * float64(f.Samples[i])
		}
		for _, hz := range hz {
			var re, im float64
			for i := 0; i < len(f.Samples); i += 2 {
				at := 2 * math.Pi * hz * float64(i/2) / 48000
				re += float64(f.Samples[i]) * math.Cos(at)
				im += float64(f.Samples[i]) * math.Sin(at)
			}
			part := 2 * (re*re + im*im) / (float64(len(f.Samples)/2) * max(all, 1))
			least, sum = min(least, part), sum+part
		}
		if sum > 0.9 && least > 0.2 {
			return
		}
	}
}

func TestSpeakersAreHeardTogetherAndGo(t *testing.T) {
	server := capturetest.Sound(t)
	m := open(t, server.Server())
	stop := say(t, m, 1000)
	hear(t, server.Server(), "causeway_microphone", 1000)
	second := say(t, m, 3000)
	hear(t, server.Server(), "causeway_microphone", 1000, 3000)
	stop()
	hear(t, server.Server(), "causeway_microphone", 3000)
	second()
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	names, err := record.Backend.Sources(t.Context(), capture.AudioOptions{Server: server.Server()})
	if err != nil || strings.Contains(strings.Join(names, " "), "causeway") {
		t.Errorf("after Close the sources are %q, %v", names, err)
	}
	if _, err := m.Speak(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Speak after Close = %v, want net.ErrClosed", err)
	}
}

func TestProgramsRecordFromItUnlessToldOtherwise(t *testing.T) {
	server := capturetest.Sound(t)
	open(t, server.Server())
	out, err := capturetest.Command(t, server.Env(), "pactl", "get-default-source").Output()
	if got := strings.TrimSpace(string(out)); err != nil || got != "causeway_microphone" {
		t.Errorf("the default source is %q, %v", got, err)
	}
}

func TestVoiceEndsWithTheServer(t *testing.T) {
	server := capturetest.Sound(t)
	m := open(t, server.Server())
	v, err := m.Speak()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(server.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if err := v.Say(make([]int16, 480)); errors.Is(err, net.ErrClosed) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a voice outlives its server")
		}
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if _, err := pulse.Microphone.Open(t.Context(), input.MicrophoneOptions{Server: server.Server()}); err == nil {
		t.Error("a microphone opens without a server")
	}
}
