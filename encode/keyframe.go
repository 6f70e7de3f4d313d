package encode

// IsKeyVP8 says whether the frame in data is a key frame (RFC 6386 §9.1).
func IsKeyVP8(data []byte) bool { return len(data) > 0 && data[0]&1 == 0 }

// IsKeyVP9 says whether the frame in data is a key frame (VP9 Bitstream &
// Decoding Process Specification §6.2).
func IsKeyVP9(data []byte) bool {
	const marker, profile3, shown, inter = 0x80, 0x30, 0x08, 0x04
	if len(data) == 0 || data[0]&0xc0 != marker {
		return false
	}
	b := data[0]
	if b&profile3 == profile3 {
		b <<= 1 // profile 3 has a bit more
	}
	return b&(shown|inter) == 0
}

// The types of open bitstream units that matter to streaming (AV1 Bitstream &
// Decoding Process Specification §6.2.2).
const (
	OBUSequenceHeader    = 1
	OBUTemporalDelimiter = 2
	OBUTileList          = 8
)

// IsKeyAV1 says whether the temporal unit in data begins with a key frame: a
// sequence header comes with each of them and with nothing else (AV1 §7.5).
func IsKeyAV1(data []byte) bool {
	for unit := range OBUs(data) {
		switch unit.Type() {
		case OBUSequenceHeader:
			return true
		case OBUTemporalDelimiter:
		default:
			return false
		}
	}
	return false
}
