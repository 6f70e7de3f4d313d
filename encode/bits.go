package encode

// bits reads a bitstream from its most significant bit on. Beyond the end
// there are zeros, and short is then true.
type bits struct {
	data []byte
	at   int // the next bit
	// escaped leaves out the byte 3 after two zeros, which keeps start codes
	// out of H.264's NAL units (ITU-T H.264 §7.4.1).
	escaped bool
	short   bool
}

// bit reads one bit.
func (b *bits) bit() uint32 {
	i := b.at / 8
	if b.escaped && b.at%8 == 0 && i >= 2 && i < len(b.data) && b.data[i] == 3 && b.data[i-1] == 0 && b.data[i-2] == 0 {
		b.at += 8
		i++
	}
	if i >= len(b.data) {
		b.short = true
		return 0
	}
	v := b.data[i] >> (7 - b.at%8) & 1
	b.at++
	return uint32(v)
}

// read reads a number of n bits, 32 at most.
func (b *bits) read(n int) uint32 {
	var v uint32
	for range n {
		v = v<<1 | b.bit()
	}
	return v
}

// golomb reads an unsigned Exp-Golomb code (ITU-T H.264 §9.1), which is AV1's
// uvlc as well (AV1 §4.10.3).
func (b *bits) golomb() uint32 {
	zeros := 0
	for b.bit() == 0 {
		if zeros++; zeros > 31 || b.short {
			b.short = true
			return 0
		}
	}
	return 1<<zeros - 1 + b.read(zeros)
}

// signed reads a signed Exp-Golomb code (ITU-T H.264 §9.1.1).
func (b *bits) signed() int32 {
	v := int32(b.golomb())
	if v%2 == 0 {
		return -v / 2
	}
	return v/2 + 1
}
