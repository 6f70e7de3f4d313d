package inputtest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen. It bounds failure,
// not success, so it is generous.
const patience = 30 * time.Second

// Server is an X server without a screen, 800 by 600 pixels, that ends with
// the test.
type Server struct {
	// Display is its name: ":7".
	Display string

	cmd *exec.Cmd
}

// Start starts a server on a display that is free.
func Start(t testing.TB) *Server {
	t.Helper()
	need(t, "Xvfb")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s := &Server{}
	s.cmd = exec.Command("Xvfb", append([]string{"-displayfd", "3"}, flags()...)...)
	s.cmd.ExtraFiles = []*os.File{w}
	err = s.cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	if err := r.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb did not come up: %v", err)
	}
	s.Display = ":" + strings.TrimSpace(number)
	return s
}

// Kill ends the server as a crash would. The second call does nothing.
func (s *Server) Kill() {
	if s.cmd.ProcessState != nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may have ended by itself
	_ = s.cmd.Wait()         // and was killed
}

// Restart starts the server anew on the same display after a Kill.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.cmd = exec.Command("Xvfb", append([]string{s.Display}, flags()...)...)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the server to listen again", func() bool {
		c, err := net.Dial("unix", "/tmp/.X11-unix/X"+strings.TrimPrefix(s.Display, ":"))
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
}

// SetLayout sets the keyboard's layout, as setxkbmap takes it: "de", or
// "us,ru".
func (s *Server) SetLayout(t testing.TB, layout string) {
	t.Helper()
	need(t, "setxkbmap")
	if out, err := exec.Command("setxkbmap", "-display", s.Display, "-layout", layout).CombinedOutput(); err != nil {
		t.Fatalf("setxkbmap %s: %v\n%s", layout, err, out)
	}
}

func flags() []string {
	return []string{"-screen", "0", "800x600x24", "-noreset", "-nolisten", "tcp", "-ac"}
}

// need skips the test if a program is missing, or fails it under CI.
func need(t testing.TB, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	const why = "%s is not installed"
	if os.Getenv("CI") != "" {
		t.Fatalf(why, program)
	}
	t.Skipf(why, program)
}

// await polls until ok, and fails the test if that takes too long.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if ok() {
			return
		}
	}
	t.Fatal(fmt.Sprintf("waited %v for ", patience) + what)
}
