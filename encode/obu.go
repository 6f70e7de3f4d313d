package encode

import "iter"

// OBU is an open bitstream unit of AV1 in two parts: its header, one byte or
// two, and its payload, without the size between them.
type OBU struct{ Header, Payload []byte }

// Bits of an OBU's header (AV1 §5.3.2).
const (
	obuExtension = 0x04
	obuHasSize   = 0x02
)

// Type is the type of the unit (AV1 §6.2.2).
func (o OBU) Type() int { return int(o.Header[0] >> 3 & 15) }

// OBUs yields the units of a temporal unit in the low-overhead format, in
// which all but the last have their sizes (AV1 §5.2). They alias data. What
// does not parse ends it.
func OBUs(data []byte) iter.Seq[OBU] {
	return func(yield func(OBU) bool) {
		for len(data) > 0 {
			header := 1
			if data[0]&obuExtension != 0 {
				header = 2
			}
			if len(data) < header {
				return
			}
			o := OBU{Header: data[:header]}
			rest := data[header:]
			if data[0]&obuHasSize != 0 {
				size, n := LEB128(rest)
				if n == 0 || size > uint64(len(rest)-n) {
					return
				}
				rest = rest[n:]
				o.Payload, data = rest[:size], rest[size:]
			} else {
				o.Payload, data = rest, nil
			}
			if !yield(o) {
				return
			}
		}
	}
}

// AppendOBU appends a unit to dst in the low-overhead format, with its size.
func AppendOBU(dst []byte, o OBU) []byte {
	dst = append(dst, o.Header[0]|obuHasSize)
	dst = append(dst, o.Header[1:]...)
	return append(AppendLEB128(dst, uint64(len(o.Payload))), o.Payload...)
}

// LEB128 reads a number and how many bytes it takes, zero when there is none
// of 32 bits or less (AV1 §4.10.5).
func LEB128(data []byte) (value uint64, n int) {
	for i := range min(len(data), 8) {
		value |= uint64(data[i]&0x7f) << (7 * i)
		if data[i]&0x80 == 0 {
			if value >= 1<<32 {
				return 0, 0
			}
			return value, i + 1
		}
	}
	return 0, 0
}

// AppendLEB128 appends a number to dst.
func AppendLEB128(dst []byte, value uint64) []byte {
	for value >= 0x80 {
		dst = append(dst, byte(value)|0x80)
		value >>= 7
	}
	return append(dst, byte(value))
}
