package bench

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer/peerserver/peerservertest"
)

// peerServers are what is measured side by side, each on one core.
var peerServers = []struct {
	name    string
	command func(b *testing.B, port string) *exec.Cmd
}{
	{"ours", func(b *testing.B, port string) *exec.Cmd {
		cmd := exec.Command(program(b, "broker"), "--host", "127.0.0.1", "--port", port,
			"--concurrent_limit", "15000", "--conns_per_addr", "15000", "--alive_timeout", "3600000")
		cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
		return cmd
	}},
	{"original", func(b *testing.B, port string) *exec.Cmd {
		return exec.Command(peerservertest.Node(b), filepath.Join(peerservertest.Modules(b), "peer", "dist", "bin", "peerjs.js"),
			"--host", "127.0.0.1", "--port", port, "--concurrent_limit", "15000", "--alive_timeout", "3600000")
	}},
}

// startPeerServer starts one of them and returns where it listens.
func startPeerServer(b *testing.B, name string, command func(b *testing.B, port string) *exec.Cmd) (addr string, p *Process) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr = l.Addr().String()
	_ = l.Close()
	_, port, _ := net.SplitHostPort(addr)
	return addr, startServer(b, "peerserver-"+name, addr, command(b, port))
}

// startServer starts a program that serves HTTP at addr, and waits until it
// does.
func startServer(b *testing.B, name, addr string, cmd *exec.Cmd) *Process {
	b.Helper()
	p, err := startProcess(cmd, filepath.Join(logs(b), name+".log"))
	if err != nil {
		b.Fatal(err)
	}
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get("http://" + addr + "/")
		if err == nil {
			_ = resp.Body.Close()
			return p
		}
		if err := errors.Join(p.ended(), late(start)); err != nil {
			_ = p.Close()
			b.Fatal(err)
		}
	}
}

// peerServerNumbers are what was measured of one server.
type peerServerNumbers struct {
	memory     float64   // MiB with all connected
	throughput float64   // messages a second
	cpu        float64   // µs of the server's CPU for each of these
	cores      float64   // that it had meanwhile
	delays     []float64 // ms at relayRate
	load       [3]Load   // during each
}

const (
	relayCrowd = 10_000 // connected ids
	relayPairs = 2000   // ids that send
	relayRate  = 5000   // messages a second when delays are measured
)

// BenchmarkPeerServer measures a PeerServer's memory with 10,000 ids, how many
// messages it relays on one core, and how long one takes at 5,000 a second: of
// cmd/broker and of the original, which tests of peer/peerserver fetch and
// which needs Node.js.
func BenchmarkPeerServer(b *testing.B) {
	for b.Loop() {
		all := map[string]peerServerNumbers{}
		for _, s := range peerServers {
			all[s.name] = measurePeerServer(b, s.name, s.command)
		}
		reportPeerServers(b, all["ours"], all["original"])
	}
}

func measurePeerServer(b *testing.B, name string, command func(b *testing.B, port string) *exec.Cmd) (n peerServerNumbers) {
	b.Helper()
	addr, p := startPeerServer(b, name, command)
	defer p.Close()
	during := func(i int, measure func() error) {
		b.Helper()
		meter, err := StartLoad()
		if err == nil {
			err = measure()
		}
		load, lerr := meter.Stop()
		if err := errors.Join(err, lerr, p.ended()); err != nil {
			b.Fatalf("%s: %v", name, err)
		}
		n.load[i] = load
	}
	during(0, func() error {
		crowd, err := OpenRelay(addr, relayCrowd)
		if err != nil {
			return err
		}
		defer crowd.Close()
		time.Sleep(2 * time.Second)
		bytes, err := ResidentMemory(p.Pid())
		n.memory = float64(bytes) / (1 << 20)
		return err
	})
	pairs := openPairs(b, addr)
	defer pairs.Close()
	during(1, func() error {
		before, err := CPUTime(p.Pid())
		if err != nil {
			return err
		}
		start, had := time.Now(), pairs.received.Load()
		if n.throughput, err = pairs.Saturate(lasting(10 * time.Second)); err != nil {
			return err
		}
		after, err := CPUTime(p.Pid())
		n.cpu = float64((after - before).Microseconds()) / float64(pairs.received.Load()-had)
		n.cores = (after - before).Seconds() / time.Since(start).Seconds()
		return err
	})
	during(2, func() (err error) {
		n.delays, err = pairs.Pace(relayRate, lasting(20*time.Second))
		return err
	})
	return n
}

// openPairs connects those that send, once their ids are free again.
func openPairs(b *testing.B, addr string) *Relay {
	b.Helper()
	for start := time.Now(); ; time.Sleep(200 * time.Millisecond) {
		pairs, err := OpenRelay(addr, relayPairs)
		if err == nil {
			pairs.Start()
			return pairs
		}
		if late(start) != nil {
			b.Fatal(err)
		}
	}
}

// reportPeerServers adds the rows: ours with targets, then how the original
// compares.
func reportPeerServers(b *testing.B, ours, original peerServerNumbers) {
	b.Helper()
	add(b, 1, Result{
		Name: "PeerServer memory, 10,000 ids", Unit: "MiB", Target: Target{Median: 400}, Summary: Single(ours.memory), Load: ours.load[0],
		Remarks: []string{fmt.Sprintf("original %.0f MiB, %.1f × ours", original.memory, original.memory/ours.memory)},
	})
	add(b, 1, Result{
		Name: "PeerServer, messages relayed on one core", Unit: "1/s", Target: Target{AtLeast: 20_000}, Summary: Single(ours.throughput), Load: ours.load[1],
		Remarks: []string{
			fmt.Sprintf("original %.0f/s, ours %.1f ×", original.throughput, ours.throughput/original.throughput),
			fmt.Sprintf("%.1f µs of %.2f cores for each, original %.1f of %.2f", ours.cpu, ours.cores, original.cpu, original.cores),
		},
	})
	rank := func(n peerServerNumbers, q float64) float64 {
		if len(n.delays) == 0 {
			return 0
		}
		return Quantile(slices.Sorted(slices.Values(n.delays)), q)
	}
	late := rank(ours, 0.99)
	result := Result{
		Name: "PeerServer, 99 % of messages relayed at " + strconv.Itoa(relayRate) + "/s within", Unit: "ms",
		Target: Target{Median: 5}, Summary: Single(late), Load: ours.load[2],
		Remarks: []string{
			fmt.Sprintf("%d messages, median %.2f ms", len(ours.delays), rank(ours, 0.5)),
			fmt.Sprintf("original %.2f ms (median %.2f), %.1f × ours", rank(original, 0.99), rank(original, 0.5), rank(original, 0.99)/late),
		},
	}
	if sent := lasting(20*time.Second).Seconds() * relayRate; float64(len(ours.delays)) < 0.99*sent {
		result.Invalid = fmt.Sprintf("%d of %.0f messages arrived", len(ours.delays), sent)
	}
	add(b, 1, result)
}
