package channel

import "context"

// FailureError is the error of a request that the other side refused or could
// not answer.
type FailureError struct {
	Text string // what it says, for a person
}

// Error is the other side's text.
func (e *FailureError) Error() string { return e.Text }

// Request sends data, which stays the caller's, and waits for the response,
// which is then the caller's.
//
// It waits as [Channel.Send] does, and while [Options.MaxRequests] others are
// under way. A context without a deadline gets one of 30 seconds for all of
// that. When the other side fails the request, the error wraps a
// [*FailureError].
func (c *Channel) Request(ctx context.Context, data []byte) ([]byte, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultRequestTimeout)
		defer cancel()
	}
	select {
	case c.slots <- struct{}{}:
	case <-c.done:
		return nil, c.wrap("request", c.Err())
	case <-ctx.Done():
		return nil, c.wrap("request", ctx.Err())
	}
	defer func() { <-c.slots }()

	r := &call{answer: make(chan message, 1)}
	err := c.send(ctx, "request", header{kind: kindRequest}, data, r)
	if err == nil {
		select {
		case m := <-r.answer:
			return c.response(m)
		case <-c.done:
			err = c.wrap("request", c.Err())
		case <-ctx.Done():
			err = c.wrap("request", ctx.Err())
		}
	}
	if m, ok := c.giveUp(r); ok {
		return c.response(m)
	}
	return nil, err
}

// response is what Request makes of an answer.
func (c *Channel) response(m message) ([]byte, error) {
	if m.kind == kindFailure {
		return nil, c.wrap("request", &FailureError{Text: string(m.data)})
	}
	return m.data, nil
}

// giveUp waits for r no longer, unless its answer has come just now.
func (c *Channel) giveUp(r *call) (message, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case m := <-r.answer:
		return m, true
	default:
		c.calls.giveUp(r)
		return message{}, false
	}
}

// call is a request of ours.
type call struct {
	number uint32       // 0 until it is sent
	answer chan message // has room for the only one
	late   bool         // nobody waits any more
}

// maxLate is how many requests are remembered that nobody waits for.
const maxLate = 1024

// calls are our requests that have no answer. The channel's lock guards them.
type calls struct {
	open map[uint32]*call
	late []uint32 // those given up, oldest first; some have been answered since
	// forgotten is the last request that was given up and not remembered. An
	// answer to it, or to one before, breaks no rule that we could check.
	forgotten uint32
	forgets   bool
}

func (a *calls) add(r *call) {
	if a.open == nil {
		a.open = map[uint32]*call{}
	}
	a.open[r.number] = r
}

// giveUp remembers that the answer of r may come late.
func (a *calls) giveUp(r *call) {
	if a.open[r.number] != r {
		return // it was not sent
	}
	r.late = true
	a.late = append(a.late, r.number)
	if len(a.late) <= maxLate {
		return
	}
	if first := a.late[0]; a.open[first] != nil && a.open[first].late {
		delete(a.open, first)
		if !a.forgets || int32(first-a.forgotten) > 0 {
			a.forgotten, a.forgets = first, true
		}
	}
	a.late = append(a.late[:0], a.late[1:]...)
}

// answer hands m to the request it answers. last is the number that we have
// sent last.
func (a *calls) answer(m message, last uint32) error {
	r := a.open[m.number]
	switch {
	case r != nil:
		delete(a.open, m.number)
		if !r.late {
			r.answer <- m
		}
		return nil
	case a.forgets && int32(m.number-a.forgotten) <= 0:
		return nil
	default:
		return violation("an answer to %d, which is no request of the %d messages", m.number, last)
	}
}
