package binarypack

// MTU is the longest wire form that is sent as one message. Longer ones are
// sent as chunks with this many bytes of it each, the last with the rest. It is
// what PeerJS calls chunkedMTU.
const MTU = 16300

// chunkOverhead is the most that a chunk has beside its data.
const chunkOverhead = 64

// Keys of a chunk, in the order in which PeerJS writes them.
const (
	keyID    = "__peerData"
	keyIndex = "n"
	keyData  = "data"
	keyTotal = "total"
)

// Split returns the messages that carry packed, the wire form of a value, in
// the order in which they are to be sent: packed itself up to a length of [MTU],
// or chunks. The messages do not alias packed unless packed is the only one.
// The id tells the chunks of one value from those of others on the same
// channel; PeerJS counts from 1, and takes a chunk with the id 0 for a value.
func Split(packed []byte, id uint32) [][]byte {
	if len(packed) <= MTU {
		return [][]byte{packed}
	}
	total := (len(packed) + MTU - 1) / MTU
	room := make([]byte, 0, len(packed)+total*chunkOverhead)
	messages := make([][]byte, 0, total)
	for n := range total {
		data := packed[n*MTU : min((n+1)*MTU, len(packed))]
		start := len(room)
		room = append(room, tagMap|4)
		room = appendUint(appendKey(room, keyID), uint64(id))
		room = appendUint(appendKey(room, keyIndex), uint64(n))
		room, _ = appendLength(appendKey(room, keyData), len(data), tagBinary, tagBinary16) // short enough
		room = append(room, data...)
		room = appendUint(appendKey(room, keyTotal), uint64(total))
		messages = append(messages, room[start:len(room):len(room)])
	}
	return messages
}

// appendKey appends a string of less than 16 bytes.
func appendKey(dst []byte, key string) []byte {
	return append(append(dst, tagString|byte(len(key))), key...)
}

// CloseMessage returns the message by which PeerJS asks the other end to close
// the connection once everything before it has arrived.
func CloseMessage() []byte {
	b := appendKey([]byte{tagMap | 1}, keyID)
	b = append(b, tagMap|1)
	return appendKey(appendKey(b, "type"), "close")
}
