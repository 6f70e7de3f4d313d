package bench

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer"
)

const (
	meshRooms   = 20
	meshMembers = 10
	// meshPatience is when a mesh that does not come together is given up.
	meshPatience = 3 * time.Minute
)

// BenchmarkPeerMesh measures how long 200 peers in 20 rooms take until each is
// connected to the nine others of its room, which are 900 connections with
// both ends in this process, and what memory they hold then.
func BenchmarkPeerMesh(b *testing.B) {
	for b.Loop() {
		m := newMesh(b)
		var took time.Duration
		load := during(b, func() { took = m.join() })
		// What connecting has left behind is what a quiet peer still holds.
		time.Sleep(2 * time.Second)
		bytes, err := ResidentMemory(os.Getpid())
		if err != nil {
			b.Fatal(err)
		}
		m.close()
		ends := meshRooms * meshMembers * (meshMembers - 1)
		remarks := []string{fmt.Sprintf("%d peers, %d connections", meshRooms*meshMembers, ends/2)}
		add(b, 1, Result{
			Name: "a mesh of 20 rooms connects", Unit: "s", Target: Target{Median: 30}, Summary: Single(took.Seconds()), Load: load, Remarks: remarks,
		})
		add(b, 1, Result{
			Name: "memory of a mesh of 20 rooms", Unit: "MiB", Target: Target{Median: 2048}, Summary: Single(float64(bytes) / (1 << 20)),
			Remarks: []string{fmt.Sprintf("%.0f KiB for each end of a connection", float64(bytes)/1024/float64(ends))},
		})
	}
}

// mesh is peers in rooms.
type mesh struct {
	b         *testing.B
	ports     []*peer.Port
	peers     []*peer.Peer
	stops     []func()
	connected atomic.Int64 // ends
	all       chan struct{}
}

func newMesh(b *testing.B) *mesh {
	b.Helper()
	m := &mesh{b: b, all: make(chan struct{})}
	s := startSignalling(b)
	for i := range meshRooms * meshMembers {
		// A port for each peer: one for each connection would be 1800 for every
		// address of the machine, and one for all could not tell them apart, as
		// all would have the same address.
		port, err := peer.Listen("127.0.0.1:0", nil)
		if err != nil {
			b.Fatal(err)
		}
		m.ports = append(m.ports, port)
		p, stop := runPeer(b, peer.Options{
			ID: fmt.Sprintf("peer%d", i), Signal: s.near(), Verify: peer.AllowAll, Port: port, ConnectTimeout: meshPatience,
		})
		peer.On(p, func(e peer.StateChanged) {
			if e.State == peer.StateConnected && m.connected.Add(1) == meshRooms*meshMembers*(meshMembers-1) {
				close(m.all)
			}
		})
		m.peers, m.stops = append(m.peers, p), append(m.stops, stop)
	}
	return m
}

// join has all enter their rooms, and returns how long it took until all were
// connected.
func (m *mesh) join() time.Duration {
	m.b.Helper()
	began := time.Now()
	for i, p := range m.peers {
		if err := p.JoinRoom(m.b.Context(), fmt.Sprintf("room%d", i%meshRooms), peer.JoinOptions{}); err != nil {
			m.b.Fatal(err)
		}
	}
	select {
	case <-m.all:
	case <-time.After(meshPatience):
		m.b.Fatalf("%d ends are connected after %v", m.connected.Load(), meshPatience)
	}
	return time.Since(began)
}

func (m *mesh) close() {
	for _, stop := range m.stops {
		stop()
	}
	for _, p := range m.ports {
		if err := p.Close(); err != nil {
			m.b.Error(err)
		}
	}
}
