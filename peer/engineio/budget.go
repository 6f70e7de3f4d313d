package engineio

import (
	"sync"
	"time"
)

// overhead is what holding a packet costs beside its bytes.
const overhead = 64

// Parcel is messages that are sent one after the other with nothing between.
// Several sessions may be sent the same parcel, which is held once.
type Parcel struct {
	packets []packet
	size    int
	held    int // by how many queues; the budget's mutex guards it
}

// NewParcel makes a parcel of messages, which must not be changed any more.
func NewParcel(messages ...Message) *Parcel {
	p := &Parcel{}
	for _, m := range messages {
		p.add(packet{kindMessage, m})
	}
	return p
}

func (p *Parcel) add(x packet) *Parcel {
	p.packets = append(p.packets, x)
	p.size += len(x.Data) + overhead
	return p
}

// budget counts the bytes that a server holds for strangers.
type budget struct {
	o *Options

	mu     sync.Mutex
	total  int
	byAddr map[string]int
}

// reserve counts n bytes for addr, or is false when there is no room.
func (b *budget) reserve(addr string, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.add(addr, n, n)
}

// add counts n bytes for addr, own of them for the total. The mutex is held.
func (b *budget) add(addr string, n, own int) bool {
	if b.total+own > b.o.TotalBytes || b.byAddr[addr]+n > b.o.AddrBytes {
		return false
	}
	b.total += own
	b.byAddr[addr] += n
	return true
}

// release is the end of reserve.
func (b *budget) release(addr string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remove(addr, n, n)
}

func (b *budget) remove(addr string, n, own int) {
	b.total -= own
	if b.byAddr[addr] -= n; b.byAddr[addr] <= 0 {
		delete(b.byAddr, addr)
	}
}

// take counts a parcel for a queue, in the total only once.
func (b *budget) take(addr string, p *Parcel) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	own := p.size
	if p.held > 0 {
		own = 0
	}
	if !b.add(addr, p.size, own) {
		return false
	}
	p.held++
	return true
}

// give is the end of take.
func (b *budget) give(addr string, p *Parcel) {
	b.mu.Lock()
	defer b.mu.Unlock()
	own := 0
	if p.held--; p.held == 0 {
		own = p.size
	}
	b.remove(addr, p.size, own)
}

// bucket is a token bucket.
type bucket struct {
	rate, burst, level float64
	last               time.Time
}

func newBucket(rate, burst int) bucket {
	return bucket{rate: float64(rate), burst: float64(burst), level: float64(burst)}
}

// take takes what a packet of size bytes costs, and returns how long to wait
// until it is there.
func (b *bucket) take(now time.Time, size int) time.Duration {
	const step = 16 << 10
	if !b.last.IsZero() {
		b.level = min(b.burst, b.level+now.Sub(b.last).Seconds()*b.rate)
	}
	b.last = now
	b.level -= float64(1 + size/step)
	return time.Duration(max(0, -b.level) / b.rate * float64(time.Second))
}
