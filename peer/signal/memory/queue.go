package memory

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/causeway-rtc/causeway/peer/signal"
)

// delivery is a message on its way to a connection.
type delivery struct {
	from *Conn
	ns   signal.Namespace
	m    signal.Message
}

// size is what d takes of [Options.QueueBytes]. A message for several
// connections counts for each.
func (d *delivery) size() int { return len(d.m.Data) + len(d.m.Metadata) + 256 }

// load is what waits for a connection from one sender.
type load struct{ messages, bytes int }

// deliver queues d, if there is room, and room for the sender. One message of
// any size always passes where nothing else waits.
func (b *Bus) deliver(to *Conn, d delivery) bool {
	size, w := d.size(), to.waiting[d.from]
	switch {
	case w.messages >= max(b.o.Queue/4, 1),
		w.messages > 0 && w.bytes+size > b.o.QueueBytes/4,
		to.bytes > 0 && to.bytes+size > b.o.QueueBytes,
		b.bytes > 0 && b.bytes+size > b.o.Bytes:
		return false
	}
	select {
	case to.queue <- d:
	default:
		return false
	}
	to.waiting[d.from] = load{w.messages + 1, w.bytes + size}
	to.bytes += size
	b.bytes += size
	return true
}

// received makes room for another message of d's sender.
func (b *Bus) received(c *Conn, d delivery) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.err != nil {
		return // drop has counted all that waited
	}
	size, w := d.size(), c.waiting[d.from]
	c.bytes -= size
	b.bytes -= size
	if w = (load{w.messages - 1, w.bytes - size}); w.messages == 0 {
		delete(c.waiting, d.from)
		return
	}
	c.waiting[d.from] = w
}

// withoutToken is m without the token of its metadata. A name is that of the
// token as encoding/json compares, whatever its case.
func withoutToken(m signal.Message) signal.Message {
	var metadata map[string]json.RawMessage
	if m.Metadata == nil || json.Unmarshal(m.Metadata, &metadata) != nil {
		return m
	}
	n := len(metadata)
	for name := range metadata {
		if strings.EqualFold(name, "token") {
			delete(metadata, name)
		}
	}
	if len(metadata) == n {
		return m
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // it must not grow
	m.Metadata = nil
	if enc.Encode(metadata) == nil {
		m.Metadata = bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	}
	return m
}

func clone(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append(make([]byte, 0, len(b)), b...)
}
