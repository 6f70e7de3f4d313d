package encode

import (
	"bytes"
	"iter"
)

// The types of NAL units that matter to streaming (ITU-T H.264 table 7-1).
const (
	NALSlice = 1
	NALIDR   = 5
	NALSEI   = 6
	NALSPS   = 7
	NALPPS   = 8
	NALAUD   = 9
)

// NALType is the type of a NAL unit, or 0 of an empty one.
func NALType(nal []byte) int {
	if len(nal) == 0 {
		return 0
	}
	return int(nal[0] & 0x1f)
}

// NALUnits yields the NAL units of an Annex B byte stream without start codes
// and trailing zeros (ITU-T H.264 §B.1). They alias data. Bytes before the
// first start code and empty units are skipped.
func NALUnits(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		_, data = cutStartCode(data)
		for len(data) > 0 {
			var nal []byte
			nal, data = cutStartCode(data)
			if len(nal) > 0 && !yield(nal) {
				return
			}
		}
	}
}

// cutStartCode splits data around the first start code. Zeros before the code
// belong to neither side: a NAL unit never ends in one (§7.4.1).
func cutStartCode(data []byte) (before, after []byte) {
	i := bytes.Index(data, []byte{0, 0, 1})
	if i < 0 {
		return bytes.TrimRight(data, "\x00"), nil
	}
	return bytes.TrimRight(data[:i], "\x00"), data[i+3:]
}

// IsKeyH264 says whether the access unit in data, in Annex B form, is an
// instantaneous decoding refresh. It looks no further than the first slice.
func IsKeyH264(data []byte) bool {
	for nal := range NALUnits(data) {
		switch NALType(nal) {
		case NALIDR:
			return true
		case NALSlice:
			return false
		}
	}
	return false
}
