package channel

import "slices"

// message is one that is whole.
type message struct {
	header
	data []byte
	cost int // counted as credit is, and against the budget
}

// assembler puts messages together. The channel's lock guards it.
type assembler struct {
	budget   *Budget
	reliable bool

	last uint32 // the number of the last message that began, if reliable
	all  []*assembly
	cost int // of all
}

// assembly is a message of several chunks that is not whole.
type assembly struct {
	kind   byte
	number uint32
	count  uint16
	cost   int // what it takes of the budget

	size int      // of each chunk but the last; 0 when only that is there
	data []byte   // room for all chunks, once size is known
	tail []byte   // the last chunk, if it came first
	end  int      // the length of the last chunk
	got  int      // chunks that are there
	seen []uint64 // a bit for each, if unreliable
}

// add takes a chunk, which it may keep, and returns the message that is whole
// by it. given is what was counted for a message that the sender gave up.
func (a *assembler) add(h header, chunk []byte) (m message, whole bool, given int, err error) {
	if a.reliable {
		if given, err = a.follow(h); err != nil {
			return m, false, 0, err
		}
	}
	if h.count == 1 {
		cost := len(chunk) + overhead
		if !a.budget.take(cost) {
			return m, false, given, a.over()
		}
		return message{header: h, data: chunk, cost: cost}, true, given, nil
	}
	p, err := a.assembly(h, len(chunk))
	if p == nil || err != nil {
		return m, false, given, err
	}
	if err := p.put(h.index, chunk, !a.reliable); err != nil {
		return m, false, given, err
	}
	if p.got < int(p.count) {
		return m, false, given, nil
	}
	a.forget(p)
	data := p.data[:p.size*int(p.count-1)+p.end]
	if len(data) > MaxMessage {
		a.budget.give(p.cost)
		return m, false, given, violation("a message of %d bytes", len(data))
	}
	m = message{header: h, data: data, cost: len(data) + int(p.count)*overhead}
	a.budget.give(p.cost - m.cost)
	return m, true, given, nil
}

// over is what happens beyond the budget: an error that ends a reliable
// channel, and loss on an unreliable one.
func (a *assembler) over() error {
	if a.reliable {
		return ErrBudget
	}
	return nil
}

// follow checks that chunks come one after another, and gives up the message
// that another has taken the place of. It returns what that had cost.
func (a *assembler) follow(h header) (given int, err error) {
	if h.index == 0 {
		if len(a.all) > 0 {
			given = a.all[0].received()
			a.drop(a.all[0])
		}
		if !isAnswer(h.kind) {
			if h.number != a.last+1 {
				return 0, violation("message %d after %d", h.number, a.last)
			}
			a.last = h.number
		}
		return given, nil
	}
	if len(a.all) == 0 {
		return 0, violation("chunk %d of message %d without those before", h.index, h.number)
	}
	p := a.all[0]
	if h.kind != p.kind || h.number != p.number || int(h.index) != p.got {
		return 0, violation("chunk %d of message %d after %d of %d", h.index, h.number, p.got-1, p.number)
	}
	return 0, nil
}

// assembly is that which a chunk of n bytes belongs to. It is nil when there
// is no room for one.
func (a *assembler) assembly(h header, n int) (*assembly, error) {
	var p *assembly
	i := slices.IndexFunc(a.all, func(p *assembly) bool {
		return p.number == h.number && (p.kind == h.kind || isAnswer(p.kind) == isAnswer(h.kind))
	})
	if i >= 0 {
		p = a.all[i]
		if h.kind != p.kind || h.count != p.count {
			return nil, violation("message %d is of kind %d and %d chunks, then of kind %d and %d",
				h.number, p.kind, p.count, h.kind, h.count)
		}
	} else {
		p = &assembly{kind: h.kind, number: h.number, count: h.count}
	}
	// The last chunk does not tell how long the others are.
	cost := n + overhead
	if h.index < h.count-1 {
		cost = int(h.count) * (n + overhead)
	}
	if cost > p.cost {
		if !a.reserve(p, cost-p.cost) {
			if i >= 0 {
				a.drop(p)
			}
			return nil, a.over()
		}
		p.cost, a.cost = cost, a.cost+cost-p.cost
	}
	if i < 0 {
		a.all = append(a.all, p)
	}
	return p, nil
}

// reserve takes n bytes of the budget for p, whatever else on an unreliable
// channel has to give way. p may be in a.all or not yet.
func (a *assembler) reserve(p *assembly, n int) bool {
	for {
		fits := a.reliable || a.cost+n <= window && (len(a.all) < maxAssemblies || slices.Contains(a.all, p))
		if fits && a.budget.take(n) {
			return true
		}
		i := slices.IndexFunc(a.all, func(other *assembly) bool { return other != p })
		if a.reliable || i < 0 {
			return false
		}
		a.drop(a.all[i])
	}
}

// put copies a chunk to its place.
func (p *assembly) put(index uint16, chunk []byte, remember bool) error {
	isLast := index == p.count-1
	if remember {
		if p.seen == nil {
			p.seen = make([]uint64, (int(p.count)+63)/64)
		}
		bit := uint64(1) << (index % 64)
		if p.seen[index/64]&bit != 0 {
			return violation("chunk %d of message %d twice", index, p.number)
		}
		p.seen[index/64] |= bit
	}
	if !isLast && p.size == 0 {
		p.size = len(chunk)
		p.data = make([]byte, p.size*int(p.count))
	}
	if p.size > 0 && (len(chunk) > p.size || !isLast && len(chunk) != p.size || len(p.tail) > p.size) {
		return violation("a chunk of %d bytes among those of %d in message %d", max(len(chunk), len(p.tail)), p.size, p.number)
	}
	if isLast {
		p.end = len(chunk)
	}
	p.got++
	if p.size == 0 {
		p.tail = chunk
		return nil
	}
	if p.tail != nil {
		copy(p.data[p.size*int(p.count-1):], p.tail)
		p.tail = nil
	}
	copy(p.data[p.size*int(index):], chunk)
	return nil
}

// received is what the chunks count that are there, which follow each other.
func (p *assembly) received() int { return p.got * (p.size + overhead) }

// forget takes p out of those that are put together; its cost stays counted.
func (a *assembler) forget(p *assembly) {
	a.all = slices.DeleteFunc(a.all, func(other *assembly) bool { return other == p })
	a.cost -= p.cost
}

// drop forgets p and what it cost.
func (a *assembler) drop(p *assembly) {
	a.forget(p)
	a.budget.give(p.cost)
}

// reset drops everything.
func (a *assembler) reset() {
	for len(a.all) > 0 {
		a.drop(a.all[0])
	}
}
