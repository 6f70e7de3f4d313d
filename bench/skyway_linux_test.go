package bench

import (
	"errors"
	"fmt"
	"os/exec"
	"testing"
)

// skywayCrowd is how many join.
const skywayCrowd = 500

// BenchmarkSkyWayJoin measures how long it takes 500 SkyWay clients that come
// at once to open, upgrade and join one room, until each has been told of all
// others: 125,000 events.
func BenchmarkSkyWayJoin(b *testing.B) {
	for b.Loop() {
		addr, p := startPeerServer(b, "skyway", func(b *testing.B, port string) *exec.Cmd {
			return exec.Command(program(b, "broker"), "--host", "127.0.0.1", "--port", port,
				"--skyway-key", skywayKey, "--conns_per_addr", "2000")
		})
		meter, err := StartLoad()
		if err != nil {
			b.Fatal(err)
		}
		took, err := JoinSkyWay(addr, skywayCrowd)
		load, lerr := meter.Stop()
		if err := errors.Join(err, lerr, p.ended()); err != nil {
			b.Fatal(err)
		}
		cpu, err := CPUTime(p.Pid())
		if err != nil {
			b.Fatal(err)
		}
		memory, err := ResidentMemory(p.Pid())
		if err != nil {
			b.Fatal(err)
		}
		_ = p.Close()
		add(b, 1, Result{
			Name: "SkyWay, 500 clients open, upgrade and join one room", Unit: "ms", Target: Target{Median: 5000}, Summary: Single(took), Load: load,
			Remarks: []string{fmt.Sprintf("broker %.1f s of CPU, %d MiB", cpu.Seconds(), memory>>20)},
		})
	}
}
