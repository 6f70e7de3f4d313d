package channel

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// MaxMessage is the longest message in bytes.
const MaxMessage = 16 << 20

// The numbers of the protocol, in bytes where nothing else is said.
const (
	headerSize = 9
	maxChunk   = 16_000
	// overhead is what a chunk counts beside its length: what a receiver
	// needs for a short message.
	overhead = 128
	// window is how much of a reliable channel may be sent and not taken.
	window = 17 << 20
	// creditEvery is how much is taken before the sender hears of it.
	creditEvery = 256 << 10
	// maxWaiting is what waits on an unreliable channel before messages are
	// dropped.
	maxWaiting = 4 << 20
	// maxAssemblies is how many messages are put together at a time.
	maxAssemblies = 8
)

// The kinds of chunks.
const (
	kindText = 1 + iota
	kindBytes
	kindRequest
	kindResponse
	kindFailure
	kindCredit
)

// ErrProtocol is why a channel ended whose other side broke the rules of
// peer/signal/PROTOCOL.md. The error that wraps it says which.
var ErrProtocol = errors.New("the other side broke the protocol")

// header comes before each chunk.
type header struct {
	kind   byte
	number uint32 // of the message or the request; what was taken, of a credit
	index  uint16
	count  uint16
}

// append appends the header's wire form to b.
func (h header) append(b []byte) []byte {
	b = append(b, h.kind)
	b = binary.BigEndian.AppendUint32(b, h.number)
	b = binary.BigEndian.AppendUint16(b, h.index)
	return binary.BigEndian.AppendUint16(b, h.count)
}

// isAnswer is true for kinds that have the number of a request.
func isAnswer(kind byte) bool { return kind == kindResponse || kind == kindFailure }

// violation is an error that wraps [ErrProtocol].
func violation(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrProtocol, fmt.Sprintf(format, args...))
}

// parse splits what arrived. The chunk is a part of b. It checks what one chunk
// tells: any but the last, that a message is too long by more than a chunk.
func parse(b []byte) (header, []byte, error) {
	if len(b) < headerSize {
		return header{}, nil, violation("%d bytes are no chunk", len(b))
	}
	h := header{
		kind:   b[0],
		number: binary.BigEndian.Uint32(b[1:]),
		index:  binary.BigEndian.Uint16(b[5:]),
		count:  binary.BigEndian.Uint16(b[7:]),
	}
	chunk := b[headerSize:]
	switch {
	case h.kind < kindText || h.kind > kindCredit:
		return h, nil, violation("kind %d", h.kind)
	case h.index >= h.count:
		return h, nil, violation("chunk %d of %d", h.index, h.count)
	case h.kind == kindCredit && (h.count != 1 || len(chunk) != 0):
		return h, nil, violation("a credit of %d chunks with %d bytes", h.count, len(chunk))
	case len(chunk) > maxChunk:
		return h, nil, violation("a chunk of %d bytes", len(chunk))
	case len(chunk) == 0 && h.count > 1:
		return h, nil, violation("an empty chunk of a message of %d", h.count)
	case h.index < h.count-1 && len(chunk)*(int(h.count)-1) >= MaxMessage:
		return h, nil, violation("a message of %d chunks of %d bytes", h.count, len(chunk))
	}
	return h, chunk, nil
}
