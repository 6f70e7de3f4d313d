package bench

// The barcode is a row of square cells: one white and one black, so that no
// blank page reads as a number, then the bits of the number in Gray code, most
// significant first. The cells are large and lie on macroblock boundaries, so
// they survive a lossy codec; in Gray code a picture caught between two
// neighbouring numbers reads as one or the other.
const (
	// codeBits is how many bits a code has.
	codeBits = 12
	// cellSize is the width and height of a cell in pixels.
	cellSize = 32
	// guardCells is how many cells precede the bits.
	guardCells = 2
	// BarcodeWidth and BarcodeHeight are the size of the barcode in pixels.
	BarcodeWidth  = (guardCells + codeBits) * cellSize
	BarcodeHeight = cellSize
)

// firstSeq is the number of the first picture. Its Gray code is alternating
// cells, which nothing else on a screen looks like.
const firstSeq = 0xCCC

// Code is what a barcode carries: a picture's number modulo [Codes]. NoCode
// is the reading of pixels that are no barcode.
type Code int16

const (
	// Codes is how many codes there are.
	Codes = 1 << codeBits
	// NoCode means that there is no barcode.
	NoCode Code = -1
)

// CodeOf is the code of the picture with the number seq.
func CodeOf(seq int) Code { return Code(seq % Codes) }

// toGray and fromGray convert between binary and Gray code.
func toGray(v uint16) uint16 { return v ^ v>>1 }

func fromGray(g uint16) uint16 {
	for shift := 1; shift < 16; shift <<= 1 {
		g ^= g >> shift
	}
	return g
}

// cells tells which cells of the barcode of c are white.
func cells(c Code) [guardCells + codeBits]bool {
	white := [guardCells + codeBits]bool{true, false}
	gray := toGray(uint16(c))
	for i := range codeBits {
		white[guardCells+i] = gray>>(codeBits-1-i)&1 == 1
	}
	return white
}

// PaintBarcode draws the barcode of c into BGRA pixels. The top left corner
// lies at the first byte of pix, and stride bytes further is the next row.
func PaintBarcode(pix []byte, stride int, c Code) {
	for i, white := range cells(c) {
		var v byte
		if white {
			v = 0xff
		}
		row := pix[i*cellSize*4 : (i+1)*cellSize*4]
		for j := range row {
			row[j] = v
		}
	}
	for y := 1; y < BarcodeHeight; y++ {
		copy(pix[y*stride:y*stride+BarcodeWidth*4], pix[:BarcodeWidth*4])
	}
}

// ReadBarcode reads one row of BGRA pixels, BarcodeWidth of them, across a
// barcode. It returns NoCode where a cell is neither black nor white.
func ReadBarcode(row []byte) Code {
	var v uint16
	for i := range guardCells + codeBits {
		bit, ok := readCell(row[i*cellSize*4 : (i+1)*cellSize*4])
		if !ok || i < guardCells && bit != 1-uint16(i) {
			return NoCode
		}
		v = v<<1 | bit
	}
	return Code(fromGray(v & (Codes - 1)))
}

// readCell reads the middle half of one cell by its green channel.
func readCell(pix []byte) (bit uint16, ok bool) {
	const dark, bright = 90, 166
	sum := 0
	for x := cellSize / 4; x < cellSize*3/4; x++ {
		sum += int(pix[x*4+1])
	}
	switch mean := sum / (cellSize / 2); {
	case mean <= dark:
		return 0, true
	case mean >= bright:
		return 1, true
	}
	return 0, false
}

// FindBarcode searches BGRA pixels for the barcode of c at its original size
// and returns the top left corner of it.
func FindBarcode(pix []byte, stride, width, height int, c Code) (x, y int, ok bool) {
	const step = 4
	// Many places around the true one read well. The edge between the two
	// guard cells tells which of them is it.
	left, right, top, bottom := width, -1, height, -1
	for py := 0; py < height; py += step {
		for px := 0; px+BarcodeWidth <= width; px += step {
			at := py*stride + px*4
			if ReadBarcode(pix[at:at+BarcodeWidth*4]) != c {
				continue
			}
			left, right = min(left, px), max(right, px)
			top, bottom = min(top, py), max(bottom, py)
		}
	}
	if right < 0 || right-left > cellSize || bottom-top > cellSize {
		return 0, 0, false
	}
	x = left
	for edge := left + cellSize/2; edge < left+2*cellSize; edge++ {
		if pix[(top+step)*stride+edge*4+1] < 128 {
			x = edge - cellSize
			break
		}
	}
	return max(x, 0), top, true
}
