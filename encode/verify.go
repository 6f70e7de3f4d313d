package encode

import (
	"bytes"
	"errors"
	"fmt"
)

// Verify says what is wrong with a chunk of video that claims to be of c: an
// encoder that is broken, or whose driver is, may call anything a frame. It
// looks at headers alone, so what is wrong further inside goes unseen. An
// empty chunk is right, unless it is a key frame. It allocates nothing.
func (c Codec) Verify(chunk *Chunk) error {
	if len(chunk.Data) == 0 {
		if chunk.Key {
			return errors.New("a key frame without a byte")
		}
		return nil
	}
	if most := 4*chunk.Width*chunk.Height + 1<<16; len(chunk.Data) > most {
		return fmt.Errorf("%d bytes for a picture of %d×%d, more than it has uncompressed", len(chunk.Data), chunk.Width, chunk.Height)
	}
	h, err := c.header(chunk.Data)
	switch {
	case err != nil:
		return err
	case chunk.Key && !h.key:
		return errors.New("a key frame that is none")
	case h.key && !chunk.Key:
		return errors.New("a key frame that is said to be none")
	case h.key && (h.width != chunk.Width || h.height != chunk.Height):
		return fmt.Errorf("a picture of %d×%d that is said to be %d×%d", h.width, h.height, chunk.Width, chunk.Height)
	}
	return nil
}

// header is what the first bytes of a frame tell. The size is that of a key
// frame.
type header struct {
	key           bool
	width, height int
}

func (c Codec) header(data []byte) (header, error) {
	var h header
	ok := false
	switch c.MIMEType {
	case H264.MIMEType:
		return headerH264(data)
	case VP8.MIMEType:
		h, ok = headerVP8(data)
	case VP9.MIMEType:
		h, ok = headerVP9(data)
	case AV1.MIMEType:
		h, ok = headerAV1(data)
	}
	if !ok {
		return h, fmt.Errorf("what is no frame of %s", c.Name)
	}
	return h, nil
}

// headerH264 reads an access unit in Annex B form.
func headerH264(data []byte) (header, error) {
	var h header
	if !bytes.HasPrefix(data, []byte{0, 0, 1}) && !bytes.HasPrefix(data, []byte{0, 0, 0, 1}) {
		return h, errors.New("H.264 without a start code")
	}
	slices, pps := 0, false
	for nal := range NALUnits(data) {
		const forbidden, reserved = 0x80, 22
		kind := NALType(nal)
		if nal[0]&forbidden != 0 || kind == 0 || kind >= reserved {
			return h, fmt.Errorf("a NAL unit that begins with %02x", nal[0])
		}
		switch kind {
		case NALSPS:
			var ok bool
			if h.width, h.height, ok = spsSize(nal); !ok {
				return h, errors.New("a sequence parameter set that does not parse")
			}
		case NALPPS:
			pps = true
		case NALSlice, NALIDR:
			if !slice(nal, slices == 0) {
				return h, errors.New("a slice whose header makes no sense")
			}
			h.key = kind == NALIDR
			slices++
		}
	}
	switch {
	case slices == 0:
		return h, errors.New("an access unit without a slice")
	case h.key && (h.width == 0 || !pps):
		return h, errors.New("a key frame without parameter sets")
	}
	return h, nil
}

// slice is true when nal begins as a slice does, or the first of a picture
// (ITU-T H.264 §7.3.3).
func slice(nal []byte, first bool) bool {
	const intra, mostType = 2, 9 // slice_type; five more mean the same for a whole picture
	b := bits{data: nal, at: 8, escaped: true}
	at, kind := b.golomb(), b.golomb()
	if b.short || kind > mostType || first != (at == 0) {
		return false
	}
	return NALType(nal) != NALIDR || kind%5 == intra
}

// headerVP8 reads the uncompressed chunk of a frame (RFC 6386 §9.1).
func headerVP8(data []byte) (h header, ok bool) {
	if len(data) < 3 {
		return h, false
	}
	tag := int(data[0]) | int(data[1])<<8 | int(data[2])<<16
	version, first, rest := tag>>1&7, tag>>5, data[3:]
	if version > 3 || first > len(rest) {
		return h, false
	}
	if !IsKeyVP8(data) {
		return h, true
	}
	if len(rest) < 7 || !bytes.HasPrefix(rest, []byte{0x9d, 0x01, 0x2a}) {
		return h, false
	}
	const size = 0x3fff
	return header{true, (int(rest[3]) | int(rest[4])<<8) & size, (int(rest[5]) | int(rest[6])<<8) & size}, true
}

// headerVP9 reads the uncompressed header of a frame (VP9 §6.2). Of profiles
// beyond 0 it believes that they are right.
func headerVP9(data []byte) (h header, ok bool) {
	b := bits{data: data}
	if b.read(2) != 2 {
		return h, false
	}
	if profile := b.read(2); profile != 0 || !IsKeyVP9(data) {
		return h, profile == 0
	}
	b.read(1 + 1 + 1 + 1) // show_existing_frame, frame_type, show_frame, error_resilient_mode
	if b.read(24) != 0x498342 {
		return h, false
	}
	const sRGB = 7
	if b.read(3) == sRGB {
		return h, false // which profile 0 does not know
	}
	b.bit() // color_range
	h = header{true, int(b.read(16)) + 1, int(b.read(16)) + 1}
	return h, !b.short
}
