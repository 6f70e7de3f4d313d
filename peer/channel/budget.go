package channel

import (
	"errors"
	"sync/atomic"
)

// ErrBudget is why a reliable channel ended when the channels of its connection
// together held too much, because nobody took it.
var ErrBudget = errors.New("the channels of the connection hold too much")

// DefaultBudget is how much the channels of a connection hold, in bytes, when
// nobody says otherwise.
const DefaultBudget = 64 << 20

// Budget bounds what the channels of one connection hold: messages that are
// being put together, and those that wait for the application. Its methods may
// be called from any goroutine.
type Budget struct {
	limit int64
	held  atomic.Int64
}

// NewBudget makes a Budget of so many bytes; 0 means [DefaultBudget], which
// is also the least that the protocol allows.
func NewBudget(limit int) *Budget {
	return &Budget{limit: int64(max(limit, DefaultBudget))}
}

// Held is how many bytes are held now.
func (b *Budget) Held() int { return int(b.held.Load()) }

// take reports whether n more bytes may be held.
func (b *Budget) take(n int) bool {
	if b.held.Add(int64(n)) <= b.limit {
		return true
	}
	b.held.Add(-int64(n))
	return false
}

// give returns n bytes.
func (b *Budget) give(n int) { b.held.Add(-int64(n)) }
