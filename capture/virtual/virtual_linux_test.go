package virtual_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/capture/virtual"
)

// size asks the display how large it is.
func size(t *testing.T, d *virtual.Display) string {
	t.Helper()
	out, err := capturetest.Command(t, d.Env(), "xdpyinfo").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(out), "dimensions:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		t.Fatalf("no dimensions in %q", out)
	}
	return fields[0]
}

func TestDisplayHasTheSizeAskedFor(t *testing.T) {
	t.Parallel()
	d := capturetest.Display(t, 800, 600)
	if got := size(t, d); got != "800x600" {
		t.Errorf("size = %s, want 800x600", got)
	}
	for _, s := range []struct {
		w, h int
		want string
	}{{1920, 1080, "1920x1080"}, {641, 479, "641x479"}, {1920, 1080, "1920x1080"}} {
		if err := d.Resize(t.Context(), s.w, s.h); err != nil {
			t.Fatal(err)
		}
		if got := size(t, d); got != s.want {
			t.Errorf("size = %s, want %s", got, s.want)
		}
	}
	if err := d.Resize(t.Context(), 5000, 5000); err == nil {
		t.Error("a display grew beyond its maximum")
	}
}

func TestDisplayKeepsOtherUsersOut(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can become another user")
	}
	d := capturetest.Display(t, 320, 240)
	stranger := capturetest.Command(t, []string{"DISPLAY=" + d.Name(), "XAUTHORITY="}, "xdpyinfo")
	stranger.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := stranger.CombinedOutput(); err == nil {
		t.Errorf("another user connected: %.100s", out)
	}
	own := capturetest.Command(t, []string{"DISPLAY=" + d.Name(), "XAUTHORITY="}, "xdpyinfo")
	if out, err := own.CombinedOutput(); err != nil {
		t.Errorf("the user could not connect without the cookie: %s", out)
	}
}

func TestDisplayRunsAndEndsPrograms(t *testing.T) {
	t.Parallel()
	mark := t.TempDir() + "/pid"
	// The second program ignores the polite request and has to be killed.
	d, err := virtual.Start(t.Context(), virtual.Options{Run: []string{
		"xterm & wait", "trap '' TERM; echo $$ > " + mark + ".tmp && mv " + mark + ".tmp " + mark + "; while :; do sleep 1; done",
	}})
	if err != nil {
		missing(t, err)
	}
	defer d.Close()
	waitFor(t, "the program's mark", func() bool { _, err := os.Stat(mark); return err == nil })
	pid, err := os.ReadFile(mark)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("second Close = %v, want nil", err)
	}
	select {
	case <-d.Done():
	default:
		t.Error("Done is open after Close")
	}
	if err := exec.Command("kill", "-0", strings.TrimSpace(string(pid))).Run(); err == nil {
		t.Error("a program outlived its display")
	}
	if _, err := net.Dial("unix", "/tmp/.X11-unix/X"+d.Name()[1:]); err == nil {
		t.Error("the X server outlived Close")
	}
}

func TestDisplayTellsThatItsServerDied(t *testing.T) {
	t.Parallel()
	d := capturetest.Display(t, 320, 240)
	if err := syscall.Kill(d.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-d.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("Done stays open though the X server is dead")
	}
}

func TestStartHonoursItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d, err := virtual.Start(ctx, virtual.Options{})
	if err == nil {
		d.Close()
		t.Fatal("a display started under a cancelled context")
	}
	if !errors.Is(err, context.Canceled) && !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("error = %v, want context.Canceled", err)
	}
}

// TestNothingSurvivesAKilledParent starts this test binary as the parent of a
// display, kills it, and looks for the X server.
func TestNothingSurvivesAKilledParent(t *testing.T) {
	t.Parallel()
	if os.Getenv("BE_THE_PARENT") != "" {
		d := capturetest.Display(t, 320, 240)
		os.Stdout.WriteString(d.Name() + "\n")
		<-d.Done()
		return
	}
	if _, err := exec.LookPath("Xvfb"); err != nil {
		missing(t, err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestNothingSurvivesAKilledParent$")
	cmd.Env = append(os.Environ(), "BE_THE_PARENT=1", "TMPDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 64)
	n, err := out.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSpace(string(buf[:n]))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	waitFor(t, "the X server's end", func() bool {
		_, err := net.Dial("unix", "/tmp/.X11-unix/X"+strings.TrimPrefix(name, ":"))
		return err != nil
	})
}

func TestSoundServesAndStops(t *testing.T) {
	t.Parallel()
	s := capturetest.Sound(t)
	out, err := capturetest.Command(t, s.Env(), "pactl", "info").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Default Sink: stream") {
		t.Errorf("pactl info = %v, want the sink called stream in: %s", err, out)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close = %v, want nil", err)
	}
	select {
	case <-s.Done():
	default:
		t.Error("Done is open after Close")
	}
}

// waitFor polls until ok.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// missing skips a test at a desk that lacks a program, and fails it in CI.
func missing(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	t.Skip(err)
}
