package channel

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
)

var (
	// ErrNotRequest is the error of answering what is no request.
	ErrNotRequest = errors.New("the message is no request")
	// ErrAnswered is the error of answering a request again.
	ErrAnswered = errors.New("the request is answered already")
)

// Message is one that arrived. It is the reader's, and so is Data.
type Message struct {
	Text bool // it was sent as text, and Data is UTF-8
	Data []byte

	request *request
}

// request is what an answer needs to know.
type request struct {
	c        *Channel
	number   uint32
	answered atomic.Bool
}

// IsRequest is true when the other side waits for an answer.
func (m Message) IsRequest() bool { return m.request != nil }

// Respond answers a request. It waits as [Channel.Send] does. Once it or
// [Message.Fail] has returned nil, a request is not answered again.
func (m Message) Respond(ctx context.Context, data []byte) error {
	return m.answer(ctx, "respond", kindResponse, data)
}

// Fail answers a request with the reason why there is no answer, for a person
// to read; it waits as Respond does. The other side gets a [*FailureError].
func (m Message) Fail(ctx context.Context, text string) error {
	return m.answer(ctx, "fail", kindFailure, []byte(strings.ToValidUTF8(text, "\uFFFD")))
}

func (m Message) answer(ctx context.Context, operation string, kind byte, data []byte) error {
	r := m.request
	if r == nil {
		return ErrNotRequest
	}
	if r.answered.Swap(true) {
		return r.c.wrap(operation, ErrAnswered)
	}
	err := r.c.send(ctx, operation, header{kind: kind, number: r.number}, data, nil)
	if err != nil {
		r.answered.Store(false)
	}
	return err
}

// Next waits for the next message or request; several goroutines may. When the
// channel has ended it returns what is left, then an error that wraps
// [Channel.Err].
func (c *Channel) Next(ctx context.Context) (Message, error) {
	for {
		m, ok, err := c.pop()
		if ok {
			c.tell()
			return m, nil
		}
		if err == nil {
			select {
			case <-c.arrive:
			case <-c.done: // look again: something may have come before
			case <-ctx.Done():
				err = ctx.Err()
			}
		}
		if err != nil {
			return Message{}, c.wrap("next", err)
		}
	}
}

// pop takes the first message that waits, or tells why there will be none.
func (c *Channel) pop() (m Message, ok bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first, ok := c.waiting.pop()
	if !ok {
		return Message{}, false, c.err
	}
	if !c.waiting.empty() {
		wake(c.arrive) // for who waits beside us
	}
	c.o.Budget.give(first.cost)
	if c.o.Mode == Unreliable {
		c.held -= first.cost
	}
	c.takeLocked(first.cost)
	m = Message{Text: first.kind == kindText, Data: first.data}
	if first.kind == kindRequest {
		m.request = &request{c: c, number: first.number}
	}
	return m, true, nil
}

// queue is first in, first out. What bounds it is credit and the budget.
type queue struct {
	all  []message
	head int
}

func (q *queue) empty() bool { return q.head == len(q.all) }

func (q *queue) push(m message) {
	if q.head > 0 && len(q.all) == cap(q.all) && q.head >= len(q.all)/2 {
		n := copy(q.all, q.all[q.head:])
		clear(q.all[n:])
		q.all, q.head = q.all[:n], 0
	}
	q.all = append(q.all, m)
}

func (q *queue) pop() (message, bool) {
	if q.empty() {
		return message{}, false
	}
	m := q.all[q.head]
	q.all[q.head] = message{}
	q.head++
	if q.empty() {
		q.all, q.head = q.all[:0], 0
		if cap(q.all) > 1024 {
			q.all = nil // a burst is over
		}
	}
	return m, true
}
