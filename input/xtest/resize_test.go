package xtest

import (
	"os"
	"os/exec"
	"testing"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/input/inputtest"
)

func TestPositionsFollowTheSizeOfTheScreen(t *testing.T) {
	if _, err := exec.LookPath("xrandr"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	s := inputtest.Start(t)
	i := openOn(t, s)
	if out, err := exec.Command("xrandr", "-display", s.Display, "--output", "screen", "--off", "--fb", "640x480").CombinedOutput(); err != nil {
		t.Fatalf("xrandr: %v\n%s", err, out)
	}
	eventually(t, "news of the size", func() bool { return i.size.Load() == 640<<16|480 })
	w := inputtest.NewWindow(t, s)
	for _, e := range []input.Move{{}, {X: 65535, Y: 65535}} {
		if err := i.Inject(e); err != nil {
			t.Fatal(err)
		}
	}
	for {
		seen := w.Next(t)
		if seen.Kind == "motion" && seen.X == 639 && seen.Y == 479 {
			return
		}
	}
}
