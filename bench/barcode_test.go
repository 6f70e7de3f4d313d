package bench

import "testing"

func TestGrayCodeChangesOneBitAtATime(t *testing.T) {
	for v := range uint16(Codes) {
		if got := fromGray(toGray(v)); got != v {
			t.Fatalf("fromGray(toGray(%d)) = %d", v, got)
		}
		change := toGray(v) ^ toGray((v+1)%Codes)
		if change == 0 || change&(change-1) != 0 {
			t.Fatalf("%d and its successor differ in bits %b", v, change)
		}
	}
}

func TestBarcodeReadsAsPainted(t *testing.T) {
	const stride = (BarcodeWidth + 5) * 4
	pix := make([]byte, stride*BarcodeHeight)
	for c := range Code(Codes) {
		PaintBarcode(pix, stride, c)
		for _, y := range []int{0, BarcodeHeight / 2, BarcodeHeight - 1} {
			if got := ReadBarcode(pix[y*stride:][:BarcodeWidth*4]); got != c {
				t.Fatalf("row %d of the barcode of %d reads %d", y, c, got)
			}
		}
	}
}

func TestBlankPagesAreNoBarcode(t *testing.T) {
	for _, v := range []byte{0, 90, 128, 166, 255} {
		row := make([]byte, BarcodeWidth*4)
		for i := range row {
			row[i] = v
		}
		if got := ReadBarcode(row); got != NoCode {
			t.Errorf("a page of %d reads %d", v, got)
		}
	}
}

func TestBarcodeSurvivesNoise(t *testing.T) {
	row := make([]byte, BarcodeWidth*BarcodeHeight*4)
	PaintBarcode(row, BarcodeWidth*4, 1234)
	for i := range row {
		row[i] = byte(20 + int(row[i])*200/255 + i*7919%30 - 15)
	}
	if got := ReadBarcode(row[:BarcodeWidth*4]); got != 1234 {
		t.Errorf("a noisy barcode of 1234 reads %d", got)
	}
}

func TestFindBarcodeAnywhere(t *testing.T) {
	const width, height = 640, 200
	for _, at := range [][2]int{{0, 0}, {37, 51}, {width - BarcodeWidth, height - BarcodeHeight}} {
		pix := make([]byte, width*height*4)
		PaintBarcode(pix[at[1]*width*4+at[0]*4:], width*4, CodeOf(firstSeq))
		x, y, ok := FindBarcode(pix, width*4, width, height, CodeOf(firstSeq))
		if !ok || x != at[0] || abs(y-at[1]) > 4 {
			t.Errorf("barcode at %v found at %d,%d (%v)", at, x, y, ok)
		}
	}
	if _, _, ok := FindBarcode(make([]byte, width*height*4), width*4, width, height, 7); ok {
		t.Error("a black picture has a barcode")
	}
}

func abs(v int) int { return max(v, -v) }
