package pulse

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestClockFollowsTheSoundCard(t *testing.T) {
	// A card 100 ppm slow, packets of 5 ms that come up to 3 ms late.
	const ppm = 100e-6
	random := rand.New(rand.NewPCG(1, 2))
	var c clock
	var last time.Duration
	for i := 1; i <= 20*60*10; i++ {
		played := time.Duration(float64(i) * 5e6 * (1 + ppm))
		late := time.Duration(random.IntN(3000)) * time.Microsecond
		c.arrive(played+20*time.Millisecond+late, 20*time.Millisecond, rate/200)
		at := c.at(c.count)
		if at <= last {
			t.Fatalf("packet %d: time went from %v to %v", i, last, at)
		}
		last = at
		if off := at - played; i > 1000 && (off < -time.Millisecond || off > 2*time.Millisecond) {
			t.Fatalf("packet %d: off by %v", i, off)
		}
	}
}

func TestClockStartsAnewAfterAnInterruption(t *testing.T) {
	var c clock
	c.arrive(time.Second, 0, 480)
	c.arrive(3*time.Second, 0, 480)
	if got, want := c.at(960), 3*time.Second; got != want {
		t.Errorf("time after an interruption = %v, want %v", got, want)
	}
}

func TestServerAddresses(t *testing.T) {
	for s, want := range map[string][2]string{
		"unix:/run/x":          {"unix", "/run/x"},
		"/run/x":               {"unix", "/run/x"},
		"{abc}unix:/run/x tcp": {"unix", "/run/x"},
		"tcp:box:4000":         {"tcp", "box:4000"},
		"tcp:box":              {"tcp", "box:4713"},
		"tcp6:[::1]:4713":      {"tcp6", "[::1]:4713"},
	} {
		network, addr, err := parseServer(s)
		if err != nil || network != want[0] || addr != want[1] {
			t.Errorf("parseServer(%q) = %q, %q, %v, want %q", s, network, addr, err, want)
		}
	}
	for _, s := range []string{"", " ", "unix:", "{abc", "http://box", "{}"} {
		if network, addr, err := parseServer(s); err == nil {
			t.Errorf("parseServer(%q) = %q, %q, want an error", s, network, addr)
		}
	}
}

// An output without a card takes 5 ms at a time and is asked about it at any
// moment in between.
func TestLatencyIsThatOfAnArrival(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var l latency
	for i := range 600 {
		l.measured(time.Duration(random.IntN(5000)) * -time.Microsecond)
		if off := l.least + 5*time.Millisecond; i > 60 && (off < 0 || off > 3*time.Millisecond/2) {
			t.Fatalf("after %d measurements it is %v", i, l.least)
		}
	}
	for range 600 { // an output that plays 10 ms later
		l.measured(10 * time.Millisecond)
	}
	if l.least < 9*time.Millisecond {
		t.Errorf("after a change it is %v", l.least)
	}
}
