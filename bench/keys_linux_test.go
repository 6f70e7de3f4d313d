package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkKeyQuiet measures from a key pressed on the viewer's display to the
// pixel there that an application on a quiet desktop changed for it.
func BenchmarkKeyQuiet(b *testing.B) {
	compare(b, still, func(b *testing.B, t trial) {
		answers := pressKeys(b, t, "key → pixel, quiet", Target{}, t.pick(0.65, 0.85))
		var there []float64
		for _, a := range answers {
			there = append(there, Milliseconds(a.Cause-a.At))
		}
		add(b, 1, Result{Name: "key → application, quiet", Subject: t.subject(), Unit: "ms", Samples: there})
	})
}

// BenchmarkKeyMotion measures the same while everything moves at 60 pictures a
// second.
func BenchmarkKeyMotion(b *testing.B) {
	open := func(display string) (App, error) { return OpenPlay(display, 60) }
	compare(b, open, func(b *testing.B, t trial) {
		pressKeys(b, t, "key → pixel, 60 fps motion", Target{Median: t.pick(17, 24)}, 0)
	})
}

// pressKeys presses a key again and again, at random moments, and reports how
// long the answers took.
func pressKeys(b *testing.B, t trial, name string, target Target, goal float64) []Answer {
	b.Helper()
	keyboard, err := OpenPresser(t.ViewerDisplay.Name())
	check(b, err)
	defer keyboard.Close()
	check(b, keyboard.Click(t.width/2, t.height*3/4))
	presses := max(int(lasting(60)), 25)
	var pressed []Press
	rec, err := Record(b.Context(), t.App, t.Probe, warmUp, func(ctx context.Context) error {
		for range presses {
			p, err := keyboard.Press()
			pressed = append(pressed, p)
			gap := 150*time.Millisecond + rand.N(200*time.Millisecond)
			if err := errors.Join(err, Wait(ctx, gap)); err != nil {
				return err
			}
		}
		return nil
	})
	check(b, err)
	shown, unseen := JoinDraws(rec.Draws, rec.Sightings)
	answers, missed := JoinPresses(pressed, shown)
	var whole []float64
	for _, a := range answers {
		whole = append(whole, Milliseconds(a.Photon-a.At))
	}
	add(b, presses/2, Result{
		Name: name, Subject: t.aimed(goal), Unit: "ms", Target: target, Load: rec.Load, Samples: whole,
		Remarks: []string{fmt.Sprintf("%d of %d presses unanswered, %d pictures unseen", missed, presses, unseen)},
	})
	return answers
}
