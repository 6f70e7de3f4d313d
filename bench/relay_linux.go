package bench

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// relayStamp is how many digits of [Now] a message carries, and relayPadding
// what makes it as long as an ICE candidate's.
const relayStamp, relayPadding = 19, 200

// Relay is a crowd of PeerJS clients of one PeerServer, in pairs that send to
// each other.
type Relay struct {
	clients []*wsClient
	wg      sync.WaitGroup

	received atomic.Int64
	window   atomic.Bool // each message is answered by another
	mu       sync.Mutex
	delays   []float64 // in milliseconds
	failed   error
}

// OpenRelay connects n clients to addr, eight at a time, and waits until each
// is registered. Nothing is sent.
func OpenRelay(addr string, n int) (*Relay, error) {
	r := &Relay{clients: make([]*wsClient, n)}
	var wg sync.WaitGroup
	var next atomic.Int64
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			for errs[i] == nil {
				id := int(next.Add(1)) - 1
				if id >= n {
					return
				}
				errs[i] = r.open(addr, id)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Relay) open(addr string, id int) error {
	c, err := dialWS(addr, fmt.Sprintf("/peerjs?key=peerjs&token=t&id=p%d&version=1.5.5", id))
	if err != nil {
		return err
	}
	r.clients[id] = c
	_ = c.conn.SetReadDeadline(time.Now().Add(dialTimeout))
	b, err := c.receive(nil)
	_ = c.conn.SetReadDeadline(time.Time{})
	if err == nil && !strings.Contains(string(b), `"OPEN"`) {
		err = fmt.Errorf("bench: client %d of the relay: %s", id, b)
	}
	return err
}

// Start has all clients receive until Close.
func (r *Relay) Start() {
	for id, c := range r.clients {
		r.wg.Go(func() {
			var b []byte
			for {
				var err error
				if b, err = c.receive(b); err != nil {
					return // by Close, or Alive tells
				}
				r.take(id, b)
			}
		})
	}
}

// take counts a message, notes how old it is, and answers it.
func (r *Relay) take(id int, b []byte) {
	const tail = relayPadding + len(`"}`)
	if len(b) < tail+relayStamp {
		return
	}
	sent, err := strconv.ParseInt(string(b[len(b)-tail-relayStamp:len(b)-tail]), 10, 64)
	if err != nil {
		r.fail(fmt.Errorf("bench: the relay delivered %s", b))
		return
	}
	r.received.Add(1)
	if r.window.Load() {
		r.send(id)
		return
	}
	r.mu.Lock()
	r.delays = append(r.delays, Milliseconds(Now()-time.Duration(sent)))
	r.mu.Unlock()
}

// send has the client id send a message to its partner.
func (r *Relay) send(id int) {
	text := fmt.Appendf(nil, `{"type":"CANDIDATE","dst":"p%d","payload":"%0*d%s"}`, id^1, relayStamp, Now(), strings.Repeat("c", relayPadding))
	if err := r.clients[id].send(text); err != nil {
		r.fail(fmt.Errorf("bench: client %d of the relay: %w", id, err))
	}
}

func (r *Relay) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == nil {
		r.failed = err
	}
}

// Saturate keeps four messages on their way to each client for d and returns
// how many were delivered in a second.
func (r *Relay) Saturate(d time.Duration) (float64, error) {
	const window = 4
	r.window.Store(true)
	for id := range window * len(r.clients) {
		r.send(id / window)
	}
	time.Sleep(d / 4) // until it is even
	before, start := r.received.Load(), Now()
	time.Sleep(d)
	n, took := r.received.Load()-before, Now()-start
	r.window.Store(false)
	time.Sleep(d / 4) // what is still on its way
	return float64(n) / took.Seconds(), r.error()
}

// Pace sends rate messages a second for d, spread over the clients, and
// returns how long each took.
func (r *Relay) Pace(rate int, d time.Duration) ([]float64, error) {
	r.mu.Lock()
	r.delays = nil
	r.mu.Unlock()
	start := Now()
	for sent := 0; Now()-start < d; {
		// A late goroutine catches up: the rate is what was asked for.
		for due := int((Now() - start).Seconds() * float64(rate)); sent < due; sent++ {
			r.send(sent % len(r.clients))
		}
		time.Sleep(500 * time.Microsecond)
	}
	time.Sleep(time.Second)
	r.mu.Lock()
	delays := slices.Clone(r.delays)
	r.mu.Unlock()
	return delays, r.error()
}

func (r *Relay) error() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

// Close disconnects all clients.
func (r *Relay) Close() {
	for _, c := range r.clients {
		if c != nil {
			c.close()
		}
	}
	r.wg.Wait()
}
