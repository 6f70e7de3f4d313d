package bench

import (
	"context"
	"errors"
	"flag"
	"testing"
	"time"
)

// withRivals has every comparison measure the rivals after us.
var withRivals = flag.Bool("rivals", false, "measure the rivals as well")

// warmUp is what passes before anything counts: encoder and browser settle.
const warmUp = 2 * time.Second

// size is a size of the desktop.
type size struct {
	name          string
	width, height int
}

var (
	hd     = size{"720p", 1280, 720}
	fullHD = size{"1080p", 1920, 1080}
)

// opener opens an application on a display.
type opener func(display string) (App, error)

// rig is the options for a desktop of this size with an application.
func (s size) rig(open opener) RigOptions {
	return RigOptions{Width: s.width, Height: s.height, Open: open}
}

// moving opens an application in full motion, still one that waits for keys.
func moving(fps float64) opener {
	return func(display string) (App, error) { return OpenFlip(display, fps, false) }
}

func still(display string) (App, error) { return OpenReact(display) }

// waiting is a measurement in which nothing is done.
func waiting(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error { return Wait(ctx, d) }
}

// trial is one system at one size: what a comparison measures at a time.
type trial struct {
	*Rig
	size
	system System
}

// subject is that of a result of t.
func (t trial) subject() Subject { return Subject{Size: t.name, System: t.system.Name()} }

// aimed is subject with what we aim at against rivals.
func (t trial) aimed(goal float64) Subject {
	s := t.subject()
	s.Goal = goal
	return s
}

// pick is one value or the other, by the size.
func (s size) pick(hdValue, fullHDValue float64) float64 {
	if s == hd {
		return hdValue
	}
	return fullHDValue
}

// compare calls measure for each system at each size, one at a time.
func compare(b *testing.B, open opener, measure func(*testing.B, trial)) {
	systems := []System{Causeway{Program: program(b, "host")}}
	if *withRivals {
		if err := RivalsMissing(); err != nil {
			b.Fatal(err)
		}
		systems = append(systems, TigerVNC{}, Webrtcbin{})
	}
	for _, s := range []size{hd, fullHD} {
		b.Run(s.name, func(b *testing.B) {
			for _, system := range systems {
				b.Run(system.Name(), func(b *testing.B) {
					o := s.rig(open)
					o.System = system
					t := trial{newRig(b, o), s, system}
					for b.Loop() {
						measure(b, t)
					}
					if err := t.Alive(); err != nil {
						b.Fatal(err)
					}
				})
			}
		})
	}
}

// view opens a view of a display that the benchmark closes at its end.
func view(b *testing.B, t trial, display Desktop) *View {
	b.Helper()
	v, err := OpenView(display.Name(), t.width, t.height)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := v.Close(); err != nil {
			b.Error(err)
		}
	})
	return v
}

// check ends the benchmark when an error is not nil.
func check(b *testing.B, errs ...error) {
	b.Helper()
	if err := errors.Join(errs...); err != nil {
		b.Fatal(err)
	}
}
