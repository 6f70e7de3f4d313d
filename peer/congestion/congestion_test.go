package congestion_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/causeway-rtc/causeway/peer/congestion"
)

func TestStartsWhereItIsTold(t *testing.T) {
	for start, want := range map[int]int{8_000_000: 8_000_000, 1: congestion.Minimum} {
		if got := congestion.NewBackoff(start).Target(); got != want {
			t.Errorf("started at %d with %d, want %d", start, got, want)
		}
	}
}

func TestLossStepsDownAndCalmClimbsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := congestion.NewBackoff(8_000_000)
		report := func(loss float64) int {
			time.Sleep(time.Second)
			b.OnReport(loss, 20*time.Millisecond, 0)
			return b.Target()
		}
		if got := report(0.2); got != 7_200_000 {
			t.Errorf("after 20 %% loss: %d, want a tenth less", got)
		}
		if got := report(0.05); got != 7_200_000 {
			t.Errorf("after 5 %% loss: %d, want no change", got)
		}
		last := b.Target()
		for range 3 {
			if got := report(0); got <= last && got < 8_000_000 || got > last*106/100 {
				t.Errorf("after a calm second: %d, before %d", got, last)
			}
			last = b.Target()
		}
		if last != 8_000_000 {
			t.Errorf("it climbed to %d, want the start and no more", last)
		}
		for range 100 {
			report(1)
		}
		if b.Target() != congestion.Minimum {
			t.Errorf("after long loss: %d, want the minimum", b.Target())
		}
	})
}

func TestOneBurstOfReportsIsOneStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := congestion.NewBackoff(8_000_000)
		for range 10 {
			b.OnReport(0.5, 0, 0)
			time.Sleep(10 * time.Millisecond)
		}
		if b.Target() != 6_000_000 {
			t.Errorf("%d, want one step", b.Target())
		}
	})
}

func TestFollowsAnEstimateThatFalls(t *testing.T) {
	b := congestion.NewBackoff(8_000_000)
	b.OnREMB(7_000_000, 6_000_000)
	if b.Target() != 8_000_000 {
		t.Errorf("%d: it follows an estimate that did not fall", b.Target())
	}
	b.OnREMB(2_000_000, 6_000_000)
	if b.Target() != 1_900_000 {
		t.Errorf("%d, want just below the estimate", b.Target())
	}
	b.OnREMB(1, 1)
	if b.Target() != congestion.Minimum {
		t.Errorf("%d, want the minimum", b.Target())
	}
}

func TestDoesNotBelieveTheEstimateOfAnIdleDesktop(t *testing.T) {
	b := congestion.NewBackoff(8_000_000)
	for _, estimate := range []int{75_000, 80_000, 70_000, 86_000} {
		b.OnREMB(estimate, 5_000_000)
	}
	if b.Target() != 8_000_000 {
		t.Errorf("%d: it believes a receiver that cannot know", b.Target())
	}
}

func TestQueueOnTheWayStepsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := congestion.NewBackoff(8_000_000)
		for i, test := range []struct {
			rtt  time.Duration
			want int
		}{
			{20 * time.Millisecond, 8_000_000},
			{300 * time.Millisecond, 8_000_000}, // once may be chance
			{20 * time.Millisecond, 8_000_000},
			{300 * time.Millisecond, 8_000_000},
			{300 * time.Millisecond, 6_800_000},
		} {
			time.Sleep(time.Second)
			b.OnReport(0, test.rtt, 0)
			if b.Target() != test.want {
				t.Errorf("after report %d: %d, want %d", i, b.Target(), test.want)
			}
		}
	})
}
