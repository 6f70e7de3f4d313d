package peerserver

import "time"

// waiting holds messages for peers that are not there. The Server's mutex
// guards it.
type waiting struct {
	o      *Options
	queues map[string][]waiter // by receiver, oldest first
	byAddr map[string]int      // bytes of each sender's address
	count  int
	bytes  int
}

// waiter is a message that waits.
type waiter struct {
	m     Message
	addr  string // the sender's
	since time.Time
}

func newWaiting(o *Options) *waiting {
	return &waiting{o: o, queues: map[string][]waiter{}, byAddr: map[string]int{}}
}

// put keeps m, which comes from addr, or is false when there is no room.
func (w *waiting) put(m Message, addr string, now time.Time) bool {
	size, queue, own := m.size(), w.queues[m.Dst], 0
	for _, x := range queue {
		if x.addr == addr {
			own++
		}
	}
	switch {
	case len(queue) >= w.o.QueueMessages,
		own >= max(1, w.o.QueueMessages/2), // nobody keeps others from a peer that is to come
		w.bytes+size > w.o.QueueBytes,
		w.byAddr[addr]+size > max(w.o.QueueBytes/8, w.o.MaxMessage):
		return false
	}
	w.queues[m.Dst] = append(queue, waiter{m, addr, now})
	w.add(addr, 1, size)
	return true
}

// add counts messages in, or out.
func (w *waiting) add(addr string, count, bytes int) {
	w.count += count
	w.bytes += bytes
	if w.byAddr[addr] += bytes; w.byAddr[addr] <= 0 {
		delete(w.byAddr, addr)
	}
}

// take returns what waits for a peer and keeps nothing of it.
func (w *waiting) take(id string) []Message {
	var all []Message
	for _, x := range w.queues[id] {
		all = append(all, x.m)
		w.add(x.addr, -1, -x.m.size())
	}
	delete(w.queues, id)
	return all
}

// expire takes out what has waited too long, with all else that its sender
// has waiting for the same peer, and returns an EXPIRE for each such pair.
func (w *waiting) expire(now time.Time) []Message {
	var told []Message
	for id, queue := range w.queues {
		late := map[string]bool{}
		kept := queue[:0]
		for _, x := range queue {
			// The queue is in the order of time: the first is the oldest.
			if !late[x.m.Src] && now.Sub(x.since) >= w.o.ExpireTimeout {
				late[x.m.Src] = true
				told = append(told, Message{Type: Expire, Src: id, Dst: x.m.Src})
			}
			if late[x.m.Src] {
				w.add(x.addr, -1, -x.m.size())
			} else {
				kept = append(kept, x)
			}
		}
		clear(queue[len(kept):])
		if w.queues[id] = kept; len(kept) == 0 {
			delete(w.queues, id)
		}
	}
	return told
}
