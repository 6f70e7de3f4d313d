package inputtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Terminal is an xterm with the focus whose shell writes what is typed into a
// file. It sees a line when the line is complete.
type Terminal struct{ path string }

// NewTerminal opens a terminal on the server, which ends with the test.
func NewTerminal(t testing.TB, s *Server) *Terminal {
	t.Helper()
	need(t, "xterm")
	term := &Terminal{path: filepath.Join(t.TempDir(), "typed")}
	cmd := exec.Command("xterm", "-u8", "-geometry", "100x30+0+0", "-e", `cat > "$TYPED"`)
	cmd.Env = append(os.Environ(), "DISPLAY="+s.Display, "LC_ALL=C.UTF-8", "TYPED="+term.path)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended with its server
		_ = cmd.Wait()         // and was killed
	})
	focus(t, s)
	await(t, "the terminal's shell", func() bool {
		_, err := os.Stat(term.path)
		return err == nil
	})
	return term
}

// focus gives the focus to the first window that shows.
func focus(t testing.TB, s *Server) {
	t.Helper()
	x, err := xgb.NewConnDisplay(s.Display)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	root := xproto.Setup(x).DefaultScreen(x).Root
	await(t, "a window", func() bool {
		tree, err := xproto.QueryTree(x, root).Reply()
		if err != nil {
			return false
		}
		for _, w := range tree.Children {
			a, err := xproto.GetWindowAttributes(x, w).Reply()
			if err == nil && a.MapState == xproto.MapStateViewable {
				return xproto.SetInputFocusChecked(x, xproto.InputFocusPointerRoot, w, xproto.TimeCurrentTime).Check() == nil
			}
		}
		return false
	})
}

// Typed is what the shell has got so far.
func (term *Terminal) Typed(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile(term.path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Await returns what the shell has got once it is as many lines as n.
func (term *Terminal) Await(t testing.TB, n int) string {
	t.Helper()
	await(t, "the text to arrive", func() bool { return strings.Count(term.Typed(t), "\n") >= n })
	return term.Typed(t)
}

// Want fails the test unless the terminal gets want, which ends in a newline,
// and nothing else.
func (term *Terminal) Want(t testing.TB, want string) {
	t.Helper()
	if got := term.Await(t, strings.Count(want, "\n")); got != want {
		t.Errorf("typed %q\n want %q", got, want)
	}
}
