package opus

import (
	"fmt"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// Backend encodes and decodes Opus with libopus, and Surround Opus of six
// channels.
var (
	Backend  = backend(encode.Opus)
	Surround = backend(encode.OpusSurround)
)

func backend(c encode.Codec) encode.Backend {
	return encode.Backend{
		Name:            c.Name,
		Codec:           c,
		Probe:           probe,
		NewAudioEncoder: func(p encode.Params) (encode.AudioEncoder, error) { return newEncoder(p, c) },
		NewAudioDecoder: func(p encode.Params) (encode.AudioDecoder, error) { return newDecoder(p, c) },
	}
}

// layout is how channels share the streams of a packet (RFC 7845 §5.1.1):
// streams in all, of which the first are coupled to pairs, and for each channel
// which of the coded ones it is.
type layout struct {
	streams, coupled int
	mapping          []byte
}

// layouts are those for a number of channels. That of six is said in the SDP
// of [encode.OpusSurround] too, and puts them in the order of
// [capture.AudioFrame]. A packet of one stream is a plain one.
var layouts = map[int]layout{
	1: {1, 0, []byte{0}},
	2: {1, 1, []byte{0, 1}},
	6: {4, 2, []byte{0, 1, 4, 5, 2, 3}},
}

// complete returns p with its zeros filled in for a codec, and the layout of
// its channels.
func complete(p encode.Params, c encode.Codec) (encode.Params, layout, error) {
	if p.Channels == 0 {
		p.Channels = c.Channels
	}
	p, err := p.WithAudioDefaults()
	if err != nil {
		return p, layout{}, fmt.Errorf("opus: %w", err)
	}
	l, ok := layouts[p.Channels]
	if !ok {
		return p, l, fmt.Errorf("opus: %d channels: it takes 1, 2 or 6", p.Channels)
	}
	return p, l, nil
}

// maxPacket is what the largest packet that libopus advises room for takes, in
// bytes.
const maxPacket = 4000

// maxFrame is the longest that one packet sounds (RFC 6716 §2.1.4).
const maxFrame = 120 * time.Millisecond

type encoder struct {
	params encode.Params
	native *nativeEncoder
}

func newEncoder(p encode.Params, c encode.Codec) (encode.AudioEncoder, error) {
	p, l, err := complete(p, c)
	if err != nil {
		return nil, err
	}
	n, err := openEncoder(p, l)
	if err != nil {
		return nil, fmt.Errorf("opus: open encoder: %w", err)
	}
	return &encoder{p, n}, nil
}

func (e *encoder) Encode(c *encode.Chunk, a *capture.AudioFrame) error {
	if e.native == nil {
		return fmt.Errorf("opus: encode: %w", encode.ErrClosed)
	}
	if a.Rate != e.params.Rate || a.Channels != e.params.Channels || len(a.Samples) == 0 || len(a.Samples)%a.Channels != 0 {
		return fmt.Errorf("opus: encode: %d samples at %d Hz in %d channels for an encoder of %d Hz and %d",
			len(a.Samples), a.Rate, a.Channels, e.params.Rate, e.params.Channels)
	}
	data := c.Data[:0]
	if cap(data) < maxPacket {
		data = make([]byte, 0, maxPacket)
	}
	samples := len(a.Samples) / a.Channels
	n, err := e.native.encode(data[:maxPacket], a.Samples, samples)
	if err != nil {
		return fmt.Errorf("opus: encode %d samples: %w", samples, err)
	}
	*c = encode.Chunk{Data: data[:n], Key: true, Time: a.Time, Duration: duration(samples, a.Rate)}
	return nil
}

func (e *encoder) SetBitrate(bps int) error {
	if e.native == nil {
		return fmt.Errorf("opus: set bitrate: %w", encode.ErrClosed)
	}
	if err := e.native.setBitrate(bps); err != nil {
		return fmt.Errorf("opus: set bitrate %d: %w", bps, err)
	}
	return nil
}

func (e *encoder) Close() error {
	if e.native != nil {
		e.native.close()
		e.native = nil
	}
	return nil
}

type decoder struct {
	params encode.Params
	native *nativeDecoder
	// room has space for the longest packet; frame is a part of it.
	room  []int16
	frame capture.AudioFrame
	// last is how long the chunk before was, in samples a channel, and at
	// when it sounded: what a lost one is taken for.
	last int
	at   time.Duration
}

func newDecoder(p encode.Params, c encode.Codec) (encode.AudioDecoder, error) {
	p, l, err := complete(p, c)
	if err != nil {
		return nil, err
	}
	n, err := openDecoder(p, l)
	if err != nil {
		return nil, fmt.Errorf("opus: open decoder: %w", err)
	}
	perSecond := p.Rate * p.Channels
	return &decoder{
		params: p, native: n, last: p.Rate / 100,
		room: make([]int16, int(int64(perSecond)*int64(maxFrame)/int64(time.Second))),
	}, nil
}

func (d *decoder) Decode(c *encode.Chunk) (*capture.AudioFrame, error) {
	if d.native == nil {
		return nil, fmt.Errorf("opus: decode: %w", encode.ErrClosed)
	}
	// libopus makes up for a loss exactly as many samples as it gets room for.
	var data []byte
	room := d.room[:d.last*d.params.Channels]
	if c != nil {
		if len(c.Data) == 0 {
			return nil, fmt.Errorf("opus: decode: an empty chunk")
		}
		data, room = c.Data, d.room
	}
	n, err := d.native.decode(room, len(room)/d.params.Channels, data)
	if err != nil {
		return nil, fmt.Errorf("opus: decode %d bytes: %w", len(data), err)
	}
	if c != nil {
		d.at = c.Time
	} else {
		d.at += duration(d.last, d.params.Rate)
	}
	d.last = n
	d.frame = capture.AudioFrame{Samples: d.room[:n*d.params.Channels], Rate: d.params.Rate, Channels: d.params.Channels, Time: d.at}
	return &d.frame, nil
}

func (d *decoder) Close() error {
	if d.native != nil {
		d.native.close()
		d.native = nil
	}
	return nil
}

// duration is how long n samples of one channel sound.
func duration(n, rate int) time.Duration {
	return time.Duration(n) * time.Second / time.Duration(rate)
}
