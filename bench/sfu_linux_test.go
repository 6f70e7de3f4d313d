package bench

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// fanTurns is how many windows a comparison has on each side: one that something
// else disturbs does not count then.
const fanTurns = 7

// fanReceivers is how many get what one sends.
const fanReceivers = 40

// fanNumbers are what was measured of one SFU.
type fanNumbers struct {
	window        *Window
	alone, slowed []*Window // while one receiver more is well, and while it is slow
	cpu           float64   // ms of the SFU's for each Mbit that was received
	load          Load
}

// BenchmarkSFU measures what forwarding one picture of 4 Mbit/s to 40
// receivers costs and adds, with our broker and with the video room of Janus.
func BenchmarkSFU(b *testing.B) {
	if !isolated() {
		b.Skip("needs a network of its own: Janus connects over no loopback interface")
	}
	for b.Loop() {
		ours := measureFan(b, "sfu", func() (*Process, Forwarder, error) {
			const port = "9001"
			addr := addrOfOurs + ":" + port
			p := startServer(b, "sfu", addr, exec.Command(program(b, "broker"), "--host", addrOfOurs, "--port", port,
				"--skyway-key", skywayKey, "--insecure", "--log-level", "warn"))
			return p, openSkyWayRoom(addr), nil
		})
		var janus fanNumbers
		if _, err := exec.LookPath("janus"); err != nil {
			b.Log("without Janus:", err)
		} else {
			janus = measureFan(b, "janus", func() (*Process, Forwarder, error) {
				p, err := startJanus(b.TempDir(), addrOfOurs, filepath.Join(logs(b), "janus.log"))
				return p, newJanusVideoRoom(), err
			})
		}
		reportFan(b, ours, janus)
	}
}

func measureFan(b *testing.B, name string, start func() (*Process, Forwarder, error)) (n fanNumbers) {
	b.Helper()
	d := 10 * time.Second
	if testing.Short() {
		d = 3 * time.Second
	}
	p, f, err := start()
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	fan, err := OpenFan(f)
	if err != nil {
		b.Fatalf("%s: %v", name, err)
	}
	fail := func(err error) {
		if err := errors.Join(err, p.ended()); err != nil {
			_ = fan.Close()
			b.Fatalf("%s: %v", name, err)
		}
	}
	fail(fan.Join(fanReceivers, nil))
	time.Sleep(2 * time.Second)
	before, err := CPUTime(p.Pid())
	fail(err)
	n.load = during(b, func() { n.window = fan.Measure(d) })
	after, err := CPUTime(p.Pid())
	fail(err)
	var slow atomic.Bool
	fail(fan.Join(1, &slow))
	for range fanTurns {
		n.alone = append(n.alone, fan.Measure(d/4))
		slow.Store(true)
		n.slowed = append(n.slowed, fan.Measure(d/4))
		slow.Store(false)
		time.Sleep(d / 8) // it asks no more
	}
	if err := errors.Join(fan.Close(), p.ended()); err != nil {
		b.Fatalf("%s: %v", name, err)
	}
	for _, w := range append(append([]*Window{n.window}, n.alone...), n.slowed...) {
		fan.Fill(w)
	}
	n.cpu = Milliseconds(after-before) / (float64(len(n.window.Delays)) * 8 * fanPayload / 1e6)
	return n
}

func reportFan(b *testing.B, ours, janus fanNumbers) {
	b.Helper()
	beside := func(format string, v func(fanNumbers) float64) []string {
		if janus.window == nil {
			return nil
		}
		return []string{fmt.Sprintf("Janus "+format, v(janus))}
	}
	lost := func(n fanNumbers) float64 { return n.window.Lost() }
	median := func(n fanNumbers) float64 { return Quantile(sortedCopy(n.window.Delays), 0.5) }
	p99 := func(n fanNumbers) float64 { return n.window.P99() }
	slowed := func(n fanNumbers) float64 { return medianP99(n.slowed) / medianP99(n.alone) }
	cpu := func(n fanNumbers) float64 { return n.cpu }
	for _, r := range []struct {
		name, unit, format string
		target             float64
		value              func(fanNumbers) float64
	}{
		{"an SFU's 40 receivers, packets lost", "%", "%.3f %%", 0.1, lost},
		{"an SFU's 40 receivers, median delay", "ms", "%.2f ms", 1, median},
		{"an SFU's 40 receivers, 99 % of delays within", "ms", "%.2f ms", 8, p99},
		{"the same with a slow receiver more, ÷ without", "×", "%.2f", 1.1, slowed},
		{"an SFU's CPU for each Mbit forwarded", "ms", "%.2f ms", 0, cpu},
	} {
		add(b, 1, Result{
			Name: r.name, Unit: r.unit, Target: Target{Median: r.target}, Summary: Single(r.value(ours)), Load: ours.load, Remarks: beside(r.format, r.value),
		})
	}
	if janus.window != nil {
		add(b, 1, Result{
			Name: "an SFU's CPU ÷ that of Janus", Unit: "×", Target: Target{Median: 1.5}, Summary: Single(ours.cpu / janus.cpu), Load: janus.load,
		})
	}
}

// medianP99 is the median of what 99 % of the delays of each window are within.
func medianP99(all []*Window) float64 {
	var each []float64
	for _, w := range all {
		each = append(each, w.P99())
	}
	return Quantile(sortedCopy(each), 0.5)
}
