package encode

import "image"

// scalePlaneGeneric makes a part of a smaller plane, from to on, whose columns
// and rows are made as x and y say. A pixel has a number of samples. It is
// what builds without C use, and the yardstick for the C code, which must give
// the same bytes.
func scalePlaneGeneric(dst []byte, dstStride int, src []byte, srcStride, samples int, x, y []taps, to image.Point, row []uint16) {
	if len(x) == 0 {
		return
	}
	first := int(x[0].at) * samples
	last := x[len(x)-1]
	end := int(last.at+last.n) * samples
	row = row[:end-first]
	for i := range y {
		t := &y[i]
		clear(row)
		for j := range int(t.n) {
			w := t.weights[j]
			above := src[(int(t.at)+j)*srcStride+first:][:len(row)]
			for k := range row {
				row[k] += w * uint16(above[k])
			}
		}
		out := dst[(to.Y+i)*dstStride+to.X*samples:]
		for k := range x {
			c := &x[k]
			from := row[int(c.at)*samples-first:]
			for s := range samples {
				const half = 1 << (2*tapBits - 1)
				sum := uint32(half)
				for j := range int(c.n) {
					sum += uint32(c.weights[j]) * uint32(from[j*samples+s])
				}
				out[k*samples+s] = byte(sum >> (2 * tapBits))
			}
		}
	}
}
