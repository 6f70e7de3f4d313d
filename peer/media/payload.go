package media

import (
	"sync"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/streams"
)

const (
	// maxPayload keeps a packet with its headers, and those of RTX, DTLS and
	// a tunnel, within what any network carries in one piece.
	maxPayload = 1180
	// keptChunks is how many chunks stay packetized: the length of a sink's
	// queue, and one more.
	keptChunks = 9
)

// newPayloader is the RTP payload format of a codec, or nil.
func newPayloader(c encode.Codec) rtp.Payloader {
	switch c.MIMEType {
	case encode.H264.MIMEType:
		return &codecs.H264Payloader{} // RFC 6184, packetization-mode 1
	case encode.VP8.MIMEType:
		return &codecs.VP8Payloader{} // RFC 7741
	case encode.VP9.MIMEType:
		return &codecs.VP9Payloader{} // RFC 9628, not in flexible mode
	case encode.AV1.MIMEType:
		return av1Payloader{}
	case encode.Opus.MIMEType, encode.OpusSurround.MIMEType:
		return &codecs.OpusPayloader{} // RFC 7587
	}
	return nil
}

// Packetizers cut the chunks of tracks into payloads, once for all receivers.
// The zero value is ready. A peer has one for all its Senders.
type Packetizers struct {
	mu  sync.Mutex
	all map[packetizerKey]*packetizer
}

type packetizerKey struct {
	track *streams.Track
	codec string
}

// get returns the packetizer of a track in codec, which has a payload format.
// The caller gives it back by put.
func (p *Packetizers) get(t *streams.Track, codec encode.Codec) *packetizer {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := packetizerKey{t, codec.Name}
	have := p.all[key]
	if have == nil {
		if p.all == nil {
			p.all = map[packetizerKey]*packetizer{}
		}
		have = &packetizer{payloader: newPayloader(codec)}
		p.all[key] = have
	}
	have.users++
	return have
}

// put gives back what get returned.
func (p *Packetizers) put(t *streams.Track, codec encode.Codec) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := packetizerKey{t, codec.Name}
	if have := p.all[key]; have != nil {
		if have.users--; have.users == 0 {
			delete(p.all, key)
		}
	}
}

// packetizer cuts chunks into payloads, once for all viewers. The payloads
// are shared and must not be changed.
type packetizer struct {
	users int // guarded by the Packetizers' mu

	mu        sync.Mutex
	payloader rtp.Payloader
	kept      [keptChunks]packetized
	next      int
}

type packetized struct {
	chunk    *encode.Chunk
	payloads [][]byte
}

// payloads returns the payloads of c. Chunks are told apart by their address:
// a stream never reuses one.
func (p *packetizer) payloads(c *encode.Chunk) [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.kept {
		if p.kept[i].chunk == c {
			return p.kept[i].payloads
		}
	}
	payloads := p.payloader.Payload(maxPayload, c.Data)
	p.kept[p.next] = packetized{c, payloads}
	p.next = (p.next + 1) % keptChunks
	return payloads
}
