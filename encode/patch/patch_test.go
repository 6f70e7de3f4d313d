package patch_test

import (
	"bytes"
	"encoding/hex"
	"image"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/encode/patch"
)

const width, height, stride = 200, 100, 4 * 208

// picture is one of flat areas, noise, and all colours.
func picture() []byte {
	pix := make([]byte, stride*height)
	for i := range pix {
		if i%stride > 400 {
			pix[i] = byte(rand.Uint32())
		} else {
			pix[i] = byte(i / stride / 10)
		}
	}
	return pix
}

func TestPixelsArriveExactly(t *testing.T) {
	from, to := picture(), make([]byte, stride*height)
	var pack patch.Packer
	var unpack patch.Unpacker
	for range 3 { // the second time with memory of the first
		rects := []image.Rectangle{image.Rect(0, 0, 64, 64), image.Rect(64, 64, 200, 100), image.Rect(199, 0, 200, 1)}
		sent := &patch.Patch{Timestamp: 1 << 31, Width: width, Height: height, Clear: []image.Rectangle{image.Rect(0, 64, 64, 100)}, Draw: rects}
		for _, r := range rects {
			pack.Add(from, stride, r)
		}
		sent.Data = pack.Pack()
		got, err := patch.Parse(patch.Append(nil, sent))
		if err != nil || !reflect.DeepEqual(got, sent) {
			t.Fatalf("sent %v, got %v, %v", sent, got, err)
		}
		if err := unpack.Unpack(to, stride, got); err != nil {
			t.Fatal(err)
		}
		for _, r := range rects {
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					at := y*stride + 4*x
					if !bytes.Equal(from[at:at+3], to[at:at+3]) || to[at+3] != 255 {
						t.Fatalf("the pixel at %d,%d is %v, not %v", x, y, to[at:at+4], from[at:at+3])
					}
				}
			}
		}
	}
	if at := 4 * 100; to[at+3] != 0 {
		t.Error("a pixel beside the rectangles was written")
	}
}

func TestOneWithoutPixelsIsSmall(t *testing.T) {
	b := patch.Append(nil, &patch.Patch{Timestamp: 7, Width: width, Height: height})
	if p, err := patch.Parse(b); err != nil || len(b) != 12 || p.Timestamp != 7 || p.Draw != nil || p.Clear != nil {
		t.Errorf("%d bytes, %v, %v", len(b), p, err)
	}
}

// The example of the protocol is read, and means what it says there.
func TestExampleOfTheProtocol(t *testing.T) {
	doc, err := os.ReadFile("../../peer/signal/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^ {4}patch +([0-9a-f ]+?)  the right half of 8×4`).FindSubmatch(doc)
	if line == nil {
		t.Fatal("the protocol has no example of a patch")
	}
	message, err := hex.DecodeString(strings.ReplaceAll(string(line[1]), " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	p, err := patch.Parse(message)
	if err != nil || p.Timestamp != 90000 || p.Width != 8 || p.Height != 4 || p.Clear[0] != image.Rect(4, 0, 8, 4) || p.Draw[0] != image.Rect(0, 0, 2, 1) {
		t.Fatal(p, err)
	}
	pix := make([]byte, 4*8*4)
	if err := new(patch.Unpacker).Unpack(pix, 4*8, p); err != nil || !bytes.Equal(pix[:8], []byte{0, 0, 255, 255, 0, 255, 0, 255}) {
		t.Error(pix[:8], err)
	}
}

func TestUnpackSaysWhatIsWrong(t *testing.T) {
	var pack patch.Packer
	pix := picture()
	rect := []image.Rectangle{image.Rect(0, 0, 64, 64)}
	pack.Add(pix, stride, rect[0])
	data := pack.Pack()
	for name, p := range map[string]*patch.Patch{
		"too few pixels":  {Draw: []image.Rectangle{image.Rect(0, 0, 64, 65)}, Data: data},
		"too many pixels": {Draw: []image.Rectangle{image.Rect(0, 0, 64, 63)}, Data: data},
		"no DEFLATE":      {Draw: rect, Data: []byte{7, 7, 7}},
		"nothing":         {Draw: rect},
	} {
		if err := new(patch.Unpacker).Unpack(pix, stride, p); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzParse checks that what strangers send is refused or lies in its picture.
func FuzzParse(f *testing.F) {
	var pack patch.Packer
	rect := []image.Rectangle{image.Rect(8, 8, 24, 16)}
	pack.Add(make([]byte, 32*32*4), 32*4, rect[0])
	f.Add(patch.Append(nil, &patch.Patch{Width: 32, Height: 32, Draw: rect, Data: pack.Pack()}))
	f.Add(patch.Append(nil, &patch.Patch{Width: 32, Height: 32, Clear: rect}))
	f.Add([]byte{0, 0, 0, 0, 0, 9, 0, 9, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := patch.Parse(b)
		if err != nil {
			return
		}
		if p.Width*p.Height <= 1<<16 {
			_ = new(patch.Unpacker).Unpack(make([]byte, 4*p.Width*p.Height), 4*p.Width, p)
		}
		if again := patch.Append(nil, p); !bytes.Equal(again, b) {
			t.Errorf("%x came back as %x", b, again)
		}
	})
}
