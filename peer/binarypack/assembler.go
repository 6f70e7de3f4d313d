package binarypack

import (
	"errors"
	"fmt"
)

// ErrClose is returned by [Assembler.Add] for the message by which the other
// end asks to close the connection.
var ErrClose = errors.New("binarypack: the other end asks to close")

// AssemblerOptions bounds an [Assembler].
type AssemblerOptions struct {
	// MaxBytes bounds the memory of all chunks that wait for others, each
	// counted with all of its message and 128 bytes more. So it bounds the
	// length of a value, too. Zero means 64 MiB.
	MaxBytes int
	// MaxOpen bounds how many values may wait for chunks at a time. Zero
	// means 64.
	MaxOpen int
	// Decoder bounds each value.
	Decoder Decoder
}

// Assembler turns the messages of one data channel into values. It is used
// from one goroutine at a time.
type Assembler struct {
	o     AssemblerOptions
	open  map[int64]*partial
	bytes int
}

// waitOverhead is what a waiting chunk takes beside its message.
const waitOverhead = 128

// partial is a value some of whose chunks have come.
type partial struct {
	// chunks are the data by index: a slice would be as long as the highest
	// index, which anybody can claim.
	chunks map[int64][]byte
	total  int64
	length int // of the data
	cost   int // what it counts against MaxBytes
}

// NewAssembler makes an Assembler of which nothing has to be closed.
func NewAssembler(o AssemblerOptions) *Assembler {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 64 << 20
	}
	if o.MaxOpen <= 0 {
		o.MaxOpen = 64
	}
	return &Assembler{o: o, open: map[int64]*partial{}}
}

// Waiting is the memory that chunks take at the moment, as
// [AssemblerOptions] counts it.
func (a *Assembler) Waiting() int { return a.bytes }

// Add takes the next message, which belongs to the Assembler and to the value
// from then on. It returns the value that the message is or completes, with ok,
// or nothing while chunks are missing; they may come in any order.
//
// The error is [ErrClose], or wraps [ErrSyntax] for a message that is malformed,
// does not go with an earlier one, or is over a bound. It is for the caller
// to say whether such a connection goes on; the value that a wrong chunk
// belongs to is given up.
func (a *Assembler) Add(message []byte) (v any, ok bool, err error) {
	if v, err = a.o.Decoder.Unmarshal(message); err != nil {
		return nil, false, err
	}
	m, is := v.(map[string]any)
	if !is || falsy(m[keyID]) {
		return v, true, nil
	}
	if inner, is := m[keyID].(map[string]any); is && inner["type"] == "close" {
		return nil, false, ErrClose
	}
	id, is := m[keyID].(int64)
	if !is {
		return nil, false, fmt.Errorf("binarypack: %w: a chunk's id is a %T", ErrSyntax, m[keyID])
	}
	whole, err := a.add(id, m, len(message)+waitOverhead)
	if err != nil {
		a.drop(id)
		return nil, false, err
	}
	if whole == nil {
		return nil, false, nil
	}
	// A whole that is a chunk again is a value like any other: PeerJS would
	// go round once more, and there is no end to that.
	v, err = a.o.Decoder.Unmarshal(whole)
	return v, err == nil, err
}

// falsy is true for what JavaScript takes for false among the ids: PeerJS
// treats a map with such an id as an ordinary value.
func falsy(id any) bool {
	switch id := id.(type) {
	case nil:
		return true
	case bool:
		return !id
	case int64:
		return id == 0
	case string:
		return id == ""
	}
	return false
}

// add keeps a chunk. It returns the wire form that the chunk completes, or nil.
func (a *Assembler) add(id int64, m map[string]any, cost int) ([]byte, error) {
	data, _ := m[keyData].([]byte)
	n, hasIndex := m[keyIndex].(int64)
	total, hasTotal := m[keyTotal].(int64)
	if len(data) == 0 || !hasIndex || !hasTotal || n < 0 || n >= total {
		return nil, fmt.Errorf("binarypack: %w: a chunk lacks index, total or data", ErrSyntax)
	}
	p := a.open[id]
	switch {
	case p == nil && len(a.open) >= a.o.MaxOpen:
		return nil, fmt.Errorf("binarypack: %w: more than %d values in chunks at a time", ErrSyntax, a.o.MaxOpen)
	case p != nil && p.total != total:
		return nil, fmt.Errorf("binarypack: %w: a value of %d chunks has %d", ErrSyntax, p.total, total)
	case total > int64(a.o.MaxBytes/waitOverhead):
		return nil, fmt.Errorf("binarypack: %w: a value of %d chunks", ErrSyntax, total)
	case a.bytes+cost > a.o.MaxBytes:
		return nil, fmt.Errorf("binarypack: %w: chunks of more than %d bytes wait", ErrSyntax, a.o.MaxBytes)
	}
	if p == nil {
		p = &partial{chunks: map[int64][]byte{}, total: total}
		a.open[id] = p
	}
	if p.chunks[n] != nil {
		return nil, fmt.Errorf("binarypack: %w: chunk %d comes twice", ErrSyntax, n)
	}
	p.chunks[n] = data
	p.length += len(data)
	p.cost += cost
	a.bytes += cost
	if int64(len(p.chunks)) < p.total {
		return nil, nil
	}
	whole := make([]byte, 0, p.length)
	for i := range p.total {
		whole = append(whole, p.chunks[i]...)
	}
	a.drop(id)
	return whole, nil
}

// drop gives up the value with this id, if there is one.
func (a *Assembler) drop(id int64) {
	if p := a.open[id]; p != nil {
		a.bytes -= p.cost
		delete(a.open, id)
	}
}
