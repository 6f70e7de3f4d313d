package skyway

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/causeway-rtc/causeway/peer/binarypack"
)

// Blob is JavaScript's Blob, or its File if it has a name.
type Blob struct {
	Name     string
	MIMEType string
	Data     []byte
}

// A value is sent as chunks, however short it is: maps with a part of its bytes
// in data, and the rest the same in all of them.
const (
	keyID    = "id" // of the value, random text
	keyType  = "type"
	keySize  = "size"
	keyTotal = "totalParts"
	keyIndex = "index"
	keyData  = "data"
	keyName  = "name" // of a File
	keyMIME  = "mimeType"
)

const (
	// maxChunk is how long a chunk is at most with all that it has, in bytes.
	maxChunk = 16300
	// waitOverhead is what a waiting chunk takes beside its message.
	waitOverhead = 128
	// maxOpen is how many values may wait for chunks at a time.
	maxOpen = 64
)

// describeValue is what chunks say of v, and what is packed in its place.
func describeValue(v any) (map[string]any, any) {
	m := map[string]any{keyID: random(16), keyType: typeName(v)}
	if b, ok := v.(Blob); ok {
		if b.Name != "" {
			m[keyName] = b.Name
		}
		m[keyMIME] = b.MIMEType
		v = b.Data
		if b.Data == nil {
			v = []byte{}
		}
	}
	return m, v
}

// typeName is the name of the constructor that v has in JavaScript.
func typeName(v any) string {
	switch v := v.(type) {
	case Blob:
		if v.Name != "" {
			return "File"
		}
		return "Blob"
	case nil, map[string]any:
		return "Object"
	case bool:
		return "Boolean"
	case string:
		return "String"
	case []byte:
		return "ArrayBuffer"
	case []any:
		return "Array"
	case time.Time:
		return "Date"
	}
	return "Number"
}

// split makes the chunks of a value. m is what they say of it.
func split(m map[string]any, packed []byte) ([][]byte, error) {
	m[keySize], m[keyTotal], m[keyIndex], m[keyData] = len(packed), len(packed), len(packed), []byte{}
	longest, err := old.Marshal(m)
	if err != nil {
		return nil, err
	}
	room := maxChunk - len(longest) - 4 // the length of data
	if room < maxChunk/2 {
		return nil, fmt.Errorf("%w: a Blob with so long a name", errors.ErrUnsupported)
	}
	parts := (len(packed) + room - 1) / room
	m[keyTotal] = parts
	messages := make([][]byte, 0, parts)
	for i := range parts {
		m[keyIndex], m[keyData] = i, packed[i*room:min((i+1)*room, len(packed))]
		b, err := old.Marshal(m)
		if err != nil {
			return nil, err
		}
		messages = append(messages, b)
	}
	return messages, nil
}

// partial is a value some of whose chunks have come.
type partial struct {
	id     string
	chunks map[int64][]byte // by index, of which the highest is anybody's claim
	total  int64
	length int // of the data
	cost   int // what it counts against the bound
}

// assembler turns the messages of one data channel into values. It keeps a
// bounded number of bytes that wait for others; when there are more, or too
// many values, the oldest is given up, as on a channel that loses messages the
// rest of a value may never come.
type assembler struct {
	decoder binarypack.Decoder
	limit   int
	open    []*partial // oldest first
	bytes   int
}

func newAssembler(maxValue int) *assembler {
	return &assembler{decoder: binarypack.Decoder{ShortStrings: true}, limit: maxValue}
}

// add takes the next message, which it keeps. It returns the value that the
// message completes, with true, or nothing while chunks are missing.
func (a *assembler) add(message []byte) (any, bool, error) {
	v, err := a.decoder.Unmarshal(message)
	if err != nil {
		return nil, false, err
	}
	m, _ := v.(map[string]any)
	id, hasID := m[keyID].(string)
	index, hasIndex := m[keyIndex].(int64)
	total, hasTotal := m[keyTotal].(int64)
	data, hasData := m[keyData].([]byte)
	if !hasID || !hasIndex || !hasTotal || !hasData || len(id) > maxName || index < 0 || index >= total {
		return nil, false, fmt.Errorf("skyway: %w: a chunk lacks id, index, totalParts or data", binarypack.ErrSyntax)
	}
	p, err := a.partial(id, total, len(message)+waitOverhead)
	if err != nil {
		return nil, false, err
	}
	if _, twice := p.chunks[index]; twice {
		return nil, false, fmt.Errorf("skyway: %w: chunk %d comes twice", binarypack.ErrSyntax, index)
	}
	p.chunks[index] = data
	p.length += len(data)
	if int64(len(p.chunks)) < p.total {
		return nil, false, nil
	}
	a.drop(p)
	whole := make([]byte, 0, p.length)
	for i := range p.total {
		whole = append(whole, p.chunks[i]...)
	}
	if v, err = a.decoder.Unmarshal(whole); err != nil {
		return nil, false, err
	}
	return asBlob(m, v), true, nil
}

// partial is the value with this id, with room for so many bytes more.
func (a *assembler) partial(id string, total int64, cost int) (*partial, error) {
	var p *partial
	if i := slices.IndexFunc(a.open, func(p *partial) bool { return p.id == id }); i >= 0 {
		p = a.open[i]
	} else {
		p = &partial{id: id, chunks: map[int64][]byte{}, total: total}
		a.open = append(a.open, p)
	}
	switch {
	case p.total != total:
		return nil, fmt.Errorf("skyway: %w: a value of %d chunks has %d", binarypack.ErrSyntax, p.total, total)
	case p.cost+cost > a.limit:
		return nil, fmt.Errorf("skyway: %w: a value of more than %d bytes", binarypack.ErrSyntax, a.limit)
	}
	p.cost += cost
	a.bytes += cost
	for len(a.open) > maxOpen || a.bytes > a.limit {
		oldest := a.open[0]
		if oldest == p {
			oldest = a.open[1]
		}
		a.drop(oldest)
	}
	return p, nil
}

// drop forgets a value.
func (a *assembler) drop(p *partial) {
	a.bytes -= p.cost
	a.open = slices.DeleteFunc(a.open, func(have *partial) bool { return have == p })
}

// asBlob makes a Blob of bytes that were one.
func asBlob(m map[string]any, v any) any {
	data, ok := v.([]byte)
	if kind := m[keyType]; !ok || kind != "Blob" && kind != "File" {
		return v
	}
	name, _ := m[keyName].(string)
	mime, _ := m[keyMIME].(string)
	return Blob{Name: name, MIMEType: mime, Data: data}
}
