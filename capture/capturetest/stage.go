package capturetest

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/causeway-rtc/causeway/capture/virtual"
)

// Display starts a display of width×height pixels for the time of a test.
// Without Xvfb the test is skipped at a desk and fails where $CI is set.
func Display(t testing.TB, width, height int, run ...string) *virtual.Display {
	t.Helper()
	d, err := virtual.Start(t.Context(), virtual.Options{Width: width, Height: height, Run: run})
	orSkip(t, err)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close the display: %v", err)
		}
	})
	return d
}

// Sound starts a sound server for the time of a test. Without PulseAudio the
// test is skipped at a desk and fails where $CI is set.
func Sound(t testing.TB) *virtual.Sound {
	t.Helper()
	return Speakers(t, 2)
}

// Speakers is Sound with a number of loudspeakers.
func Speakers(t testing.TB, channels int) *virtual.Sound {
	t.Helper()
	s, err := virtual.StartSound(t.Context(), virtual.SoundOptions{Channels: channels})
	orSkip(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the sound server: %v", err)
		}
	})
	return s
}

// Command prepares a program for a display or sound server. Where it is not
// installed the test is skipped at a desk and fails where $CI is set.
func Command(t testing.TB, env []string, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(name)
	orSkip(t, err)
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

// orSkip ends the test if err is not nil.
func orSkip(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") == "":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}
