package leaktest

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience is how long goroutines have to end after the last test. Some of
// pion's wait for a timer.
const patience = 15 * time.Second

// Main runs the tests of m and exits. It is for a TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if left := wait(); left != nil {
			fmt.Fprintf(os.Stderr, "%d goroutines were left behind:\n\n%s\n", len(left), strings.Join(left, "\n\n"))
			code = 1
		}
	}
	os.Exit(code)
}

// wait returns the stacks that are still there when patience is over.
func wait() []string {
	deadline := time.After(patience)
	for {
		left := stacks()
		if left == nil {
			return nil
		}
		select {
		case <-deadline:
			return left
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stacks are those of all goroutines but this one and the runtime's.
func stacks() []string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var left []string
	for _, g := range strings.Split(string(buf), "\n\n")[1:] {
		if !strings.Contains(g, "testing.") && !strings.Contains(g, "os/signal.") && !strings.Contains(g, "runtime.ensureSigM") {
			left = append(left, g)
		}
	}
	return left
}
