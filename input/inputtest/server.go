package inputtest

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"syscall"
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
	// Not the lowest number that is free: another server which is just ending
	// would take the socket of that name with it.
	for range 5 {
		s := &Server{Display: fmt.Sprintf(":%d", 1000+rand.IntN(50000))}
		if err := s.start(); err != nil {
			t.Log(err)
			continue
		}
		t.Cleanup(s.stop)
		return s
	}
	t.Fatal("Xvfb does not start")
	return nil
}

// start returns when the server listens.
func (s *Server) start() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	s.cmd = exec.Command("Xvfb", s.Display, "-displayfd", "3",
		"-screen", "0", "800x600x24", "-noreset", "-nolisten", "tcp", "-ac")
	s.cmd.ExtraFiles = []*os.File{w}
	err = s.cmd.Start()
	w.Close()
	if err != nil {
		return err
	}
	err = r.SetReadDeadline(time.Now().Add(patience))
	if _, readErr := bufio.NewReader(r).ReadString('\n'); err == nil && readErr != nil {
		err = fmt.Errorf("display %s did not come up: %w", s.Display, readErr)
	}
	if err != nil {
		s.Kill()
	}
	return err
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
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
}

// stop ends the server in good order, so that it takes its files with it.
func (s *Server) stop() {
	if s.cmd.ProcessState != nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	late := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	defer late.Stop()
	_ = s.cmd.Wait() // and was told to end
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
	t.Fatalf("waited %v for %s", patience, what)
}
