package streams_test

// bitWriter writes what encoders of H.264 write.
type bitWriter struct {
	data []byte
	n    int
}

func (b *bitWriter) write(v uint32, bits int) {
	for i := bits - 1; i >= 0; i-- {
		if b.n%8 == 0 {
			b.data = append(b.data, 0)
		}
		b.data[b.n/8] |= byte(v>>i&1) << (7 - b.n%8)
		b.n++
	}
}

// golomb writes unsigned Exp-Golomb codes (ITU-T H.264 §9.1).
func (b *bitWriter) golomb(values ...uint32) {
	for _, v := range values {
		bits := 0
		for (v+1)>>bits > 1 {
			bits++
		}
		b.write(0, bits)
		b.write(v+1, bits+1)
	}
}

// picture is an access unit of H.264 for a picture of even size, of headers
// alone.
func picture(key bool, width, height int) []byte {
	start := []byte{0, 0, 0, 1}
	if !key {
		return append(start, 0x41, 0b1_1_100000) // first_mb_in_slice 0, slice_type 0
	}
	mbs, units := uint32(width+15)/16, uint32(height+15)/16
	sps := bitWriter{data: []byte{0x67, 66, 0xc0, 31}, n: 32}
	sps.golomb(0, 0, 2, 1) // id, frame numbers, order, reference frames
	sps.write(0, 1)
	sps.golomb(mbs-1, units-1)
	sps.write(0b111, 3) // frames only, inference, cropped
	sps.golomb(0, (16*mbs-uint32(width))/2, 0, (16*units-uint32(height))/2)
	sps.write(0b01, 2) // no usability information, stop
	data := append(start, sps.data...)
	data = append(data, 0, 0, 1, 0x68, 0xce, 0, 0, 1, 0x65)
	idr := bitWriter{}
	idr.golomb(0, 7)
	idr.write(1, 1)
	return append(data, idr.data...)
}
