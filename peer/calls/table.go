package calls

import (
	"slices"
	"sync"
)

// MaxEarly bounds the signals that have come before their offer; the oldest is
// forgotten. MaxRefusing bounds the connections that are being told that they
// are refused.
const (
	MaxEarly    = 64
	MaxRefusing = 8
)

// Key names a connection. Its id is the choice of the peer that asks for it.
type Key struct{ Remote, ID string }

// Table is the connections of a peer, each a C. Its methods may be called from
// any goroutine.
type Table[C any] struct {
	most, mostAsked int
	wg              sync.WaitGroup // of what Admit runs

	mu       sync.Mutex
	closed   bool
	entries  map[Key]entry[C]
	live     int            // connections that have not ended, refused ones aside
	asked    map[string]int // those of them that a peer has asked for
	refusing int
	early    []earlySignal
}

type entry[C any] struct {
	life *Life
	conn C
}

// earlySignal waits for its offer.
type earlySignal struct {
	key Key
	s   Signal
}

// NewTable makes a table of at most so many connections, of which one other
// peer has asked for mostAsked.
func NewTable[C any](most, mostAsked int) *Table[C] {
	return &Table[C]{most: most, mostAsked: mostAsked, entries: map[Key]entry[C]{}, asked: map[string]int{}}
}

// Admit counts a connection in and calls run in a goroutine, if there is room.
// What came early is delivered to it. It takes the place of another one with its
// key, which is still counted until Remove.
func (t *Table[C]) Admit(l *Life, c C, run func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.live >= t.most || !l.Outbound && t.asked[l.Remote] >= t.mostAsked {
		return false
	}
	t.live++
	if !l.Outbound {
		t.asked[l.Remote]++
	}
	t.entries[l.Key] = entry[C]{l, c}
	t.early = slices.DeleteFunc(t.early, func(e earlySignal) bool {
		if e.key == l.Key {
			l.Deliver(e.s)
		}
		return e.key == l.Key
	})
	t.wg.Go(run)
	return true
}

// Refuse moves a connection over to those that are being refused, where it
// takes no other's place. It is false when there are too many of these.
func (t *Table[C]) Refuse(l *Life) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refusing >= MaxRefusing {
		return false
	}
	t.refusing++
	l.beingRefused = true
	t.discount(l)
	return true
}

// discount frees the place of a connection. The caller holds mu.
func (t *Table[C]) discount(l *Life) {
	t.live--
	if l.Outbound {
		return
	}
	if t.asked[l.Remote]--; t.asked[l.Remote] <= 0 {
		delete(t.asked, l.Remote)
	}
}

// Remove forgets a connection that has ended.
func (t *Table[C]) Remove(l *Life) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.beingRefused {
		t.refusing--
	} else {
		t.discount(l)
	}
	if t.entries[l.Key].life == l {
		delete(t.entries, l.Key)
	}
}

// Get is the connection with this key, or the zero C.
func (t *Table[C]) Get(k Key) C {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.entries[k].conn
}

// All are the connections that match, in the order in which they began. match
// must not call the table.
func (t *Table[C]) All(match func(C) bool) []C {
	t.mu.Lock()
	defer t.mu.Unlock()
	var found []entry[C]
	for _, e := range t.entries {
		if match(e.conn) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b entry[C]) int { return a.life.began.Compare(b.life.began) })
	var all []C
	for _, e := range found {
		all = append(all, e.conn)
	}
	return all
}

// Early keeps a signal whose connection there is not yet.
func (t *Table[C]) Early(k Key, s Signal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.early) >= MaxEarly {
		t.early = t.early[1:]
	}
	t.early = append(t.early, earlySignal{k, s})
}

// ForgetEarly forgets what Early has kept, when the server is lost.
func (t *Table[C]) ForgetEarly() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.early = nil
}

// Counts is how many connections there are, refused ones aside, how many are
// being refused, and how many signals wait.
func (t *Table[C]) Counts() (live, refusing, early int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.live, t.refusing, len(t.early)
}

// Close admits no connection any more. It does not end those that there are.
func (t *Table[C]) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
}

// Wait waits until all has returned that Admit runs. Close comes before.
func (t *Table[C]) Wait() { t.wg.Wait() }
