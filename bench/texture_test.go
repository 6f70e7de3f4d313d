package bench

import "testing"

func TestLandscapeIsNoBarcode(t *testing.T) {
	const width, height = 640, 48
	pix := make([]byte, filmGrains*landscapeSize(width, height))
	paintLandscape(pix, width, height, filmGrains)
	for i := 0; i+BarcodeWidth*4 < len(pix); i += 4 * 97 {
		if c := ReadBarcode(pix[i : i+BarcodeWidth*4]); c != NoCode {
			t.Fatalf("the landscape reads %d at byte %d", c, i)
		}
	}
}

func TestPanStaysInside(t *testing.T) {
	for n := range 6000 {
		if x, y := pan(n, 60); x < 0 || y < 0 || x > panMargin || y > panMargin {
			t.Fatalf("frame %d looks at %d,%d", n, x, y)
		}
	}
}

func TestGrainDiffersBetweenVersions(t *testing.T) {
	const width, height = 64, 64
	size := landscapeSize(width, height)
	pix := make([]byte, filmGrains*size)
	paintLandscape(pix, width, height, filmGrains)
	same := 0
	for i := 0; i < size; i += 4 {
		if pix[i] == pix[size+i] {
			same++
		}
	}
	if share := float64(same) / float64(size/4); share > 0.3 {
		t.Errorf("%.0f %% of the pixels are alike in two versions", 100*share)
	}
}
