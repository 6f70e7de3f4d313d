package bench

import (
	"testing"
	"time"
)

func TestParseCPU(t *testing.T) {
	busy, total, err := parseCPU("cpu  100 10 50 800 20 5 5 10 40 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
	if err != nil || busy != 180*tick || total != 1000*tick {
		t.Errorf("busy %v of %v (%v), want 1.8 s of 10 s", busy, total, err)
	}
	for _, bad := range []string{"", "cpu 1 2", "cpux 1 2 3 4 5 6 7 8 9", "cpu a b c d e f g h i"} {
		if _, _, err := parseCPU(bad); err == nil {
			t.Errorf("%q is no error", bad)
		}
	}
}

func TestParseProcess(t *testing.T) {
	p, err := parseProcess("42 (a) b (c)) S 7 42 42 0 -1 4194560 1 2 3 4 150 50 30 20 20 0 9 0 100 200 300\n")
	want := processTimes{parent: 7, own: 2 * time.Second, waited: 500 * time.Millisecond}
	if err != nil || p != want {
		t.Errorf("got %+v (%v), want %+v", p, err, want)
	}
	for _, bad := range []string{"", "42 (x) S 7", "42 (x) S a 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"} {
		if _, err := parseProcess(bad); err == nil {
			t.Errorf("%q is no error", bad)
		}
	}
}

func TestTreeTimeCountsDescendants(t *testing.T) {
	all := map[int]processTimes{
		1: {0, time.Hour, time.Hour},
		2: {1, time.Second, 4 * time.Second},
		3: {2, 2 * time.Second, 0},
		4: {3, 8 * time.Second, 0},
		5: {1, time.Minute, 0},
	}
	if got := treeTime(all, 2); got != 15*time.Second {
		t.Errorf("process 2 and its descendants took %v, want 15 s", got)
	}
}

func TestParseStatus(t *testing.T) {
	const status = "Name:\thost\nVmPeak:\t  2000 kB\nVmRSS:\t   100 kB\n"
	if got, err := parseStatus(status, "VmRSS"); err != nil || got != 102400 {
		t.Errorf("VmRSS is %d (%v), want 102400", got, err)
	}
	if _, err := parseStatus(status, "VmSwap"); err == nil {
		t.Error("a missing line is no error")
	}
}

func TestParseTraffic(t *testing.T) {
	const dev = "Inter-| Receive\n face |bytes packets\n    lo:    3193      29    0 0\n  eth0: 5 6 0\n"
	if got, err := parseTraffic(dev, "lo"); err != nil || got != (Traffic{3193, 29}) {
		t.Errorf("lo carried %v (%v), want 3193 bytes in 29 packets", got, err)
	}
	if _, err := parseTraffic(dev, "eth1"); err == nil {
		t.Error("a missing interface is no error")
	}
}
