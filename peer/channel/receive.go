package channel

import "unicode/utf8"

// Receive takes one binary message off the data channel; msg is the channel's
// from then on. The owner calls it from the goroutine that reads the data
// channel, one call after the other. It does not block.
func (c *Channel) Receive(msg []byte) {
	if err := c.receive(msg); err != nil {
		c.fail(err)
	}
}

func (c *Channel) receive(msg []byte) error {
	h, chunk, err := parse(msg)
	if err != nil {
		return err
	}
	if h.kind == kindCredit {
		return c.credit(h.number)
	}
	m, whole, err := c.assemble(h, chunk)
	if err != nil {
		return err
	}
	if whole {
		// Without the lock, since this reads all of a message.
		if (m.kind == kindText || m.kind == kindFailure) && !utf8.Valid(m.data) {
			c.o.Budget.give(m.cost)
			return violation("text that is not UTF-8")
		}
		err = c.deliver(m)
	}
	c.tell()
	return err
}

// assemble counts a chunk and puts it where it belongs.
func (c *Channel) assemble(h header, chunk []byte) (m message, whole bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return m, false, nil // it is over, and what still comes is lost
	}
	if c.o.Mode == Reliable {
		c.held += len(chunk) + overhead
		if c.held > window {
			return m, false, violation("%d bytes beyond the credit", c.held-window)
		}
	}
	m, whole, given, err := c.in.add(h, chunk)
	c.takeLocked(given)
	return m, whole, err
}

// deliver hands a whole message to who waits for it.
func (c *Channel) deliver(m message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		c.o.Budget.give(m.cost)
		return nil
	}
	if isAnswer(m.kind) {
		c.o.Budget.give(m.cost)
		c.takeLocked(m.cost)
		return c.calls.answer(m, c.number)
	}
	if c.o.Mode == Unreliable {
		if c.held >= maxWaiting {
			c.o.Budget.give(m.cost)
			return nil
		}
		c.held += m.cost
	}
	c.waiting.push(m)
	wake(c.arrive)
	return nil
}

// takeLocked counts n bytes as taken. c.mu is held; [Channel.tell] follows
// when it is not.
func (c *Channel) takeLocked(n int) {
	if c.o.Mode == Reliable {
		c.held -= n
		c.taken += uint32(n)
	}
}

// tell sends credit when it is due. The lock is not held while it is sent, and
// one goroutine at a time sends it, so that credit never goes backwards. It
// does not wait for a turn: our message may be waiting for their credit, and
// they for ours.
func (c *Channel) tell() {
	if c.o.Mode == Unreliable {
		return
	}
	for {
		c.mu.Lock()
		if c.telling || c.err != nil || c.taken-c.credited < creditEvery {
			c.mu.Unlock()
			return
		}
		c.telling, c.credited = true, c.taken
		h := header{kind: kindCredit, number: c.taken, count: 1}
		c.mu.Unlock()
		err := c.raw.Send(h.append(nil))
		c.mu.Lock()
		c.telling = false
		c.mu.Unlock()
		if err != nil {
			c.fail(err)
			return
		}
	}
}
