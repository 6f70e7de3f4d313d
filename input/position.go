package input

// ToPixel is the pixel, of n in a row, that the wire's fraction v stands for.
// It undoes [FromPixel] exactly for every n up to 65,536.
func ToPixel(v uint16, n int) int {
	if n <= 1 {
		return 0
	}
	// 65535 is odd, so there is no half to round either way.
	return int((int64(v)*int64(n-1) + 65535/2) / 65535)
}

// FromPixel is the fraction that stands for pixel p of n in a row. A pixel
// outside the row is brought to its nearer end.
func FromPixel(p, n int) uint16 {
	if n <= 1 {
		return 0
	}
	p = min(max(p, 0), n-1)
	return uint16((int64(p)*65535*2 + int64(n-1)) / (2 * int64(n-1)))
}
