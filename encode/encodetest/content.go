package encodetest

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// FPS is the rate at which the times of a [Content]'s frames advance.
const FPS = 60

// Content draws picture number i of a test sequence. The frame is BGRA, has no
// Damage, and is valid until the next call.
type Content func(i int) *capture.Frame

// pan is how far a window wanders over a texture, in pixels each way.
const pan = 256

// wander returns a window of the given size that moves over texture, which is
// larger by pan, dx and dy pixels with each picture. It copies nothing, so that
// drawing is free in a benchmark.
func wander(texture *capture.Frame, dx, dy int) Content {
	f := *texture
	f.Width, f.Height = texture.Width-pan, texture.Height-pan
	return func(i int) *capture.Frame {
		x, y := swing(i*dx), swing(i*dy)
		f.Plane[0] = texture.Plane[0][y*f.Stride[0]+4*x:]
		f.Time = time.Duration(i) * time.Second / FPS
		return &f
	}
}

// swing goes from 0 to pan and back, so that no picture jumps.
func swing(i int) int { return pan - int(math.Abs(float64(i%(2*pan)-pan))) }

func texture(w, h int, pixel func(x, y int) (b, g, r byte)) *capture.Frame {
	f := encode.NewFrame(capture.BGRA, w+pan, h+pan)
	for y := range f.Height {
		row := f.Plane[0][y*f.Stride[0]:]
		for x := range f.Width {
			p := row[4*x : 4*x+4]
			p[0], p[1], p[2] = pixel(x, y)
			p[3] = 255
		}
	}
	return f
}

// Noise is random pixels that scroll: more than any target rate can carry.
func Noise(w, h int) Content {
	r := rand.New(rand.NewPCG(1, 2))
	return wander(texture(w, h, func(int, int) (byte, byte, byte) {
		v := r.Uint32()
		return byte(v), byte(v >> 8), byte(v >> 16)
	}), 3, 5)
}

// Camera is a smooth scene with some grain that the camera pans over: easy.
func Camera(w, h int) Content {
	r := rand.New(rand.NewPCG(3, 4))
	// A wave across and a wave down for each channel, which add up: sines are
	// dear in a debug build, and so are drawn once for a column or a row.
	across, down := make([][3]float64, w+pan), make([][3]float64, h+pan)
	for c, scale := range []float64{53, 71, 97} {
		phase := float64(c)
		for x := range across {
			across[x][c] = 128 + 60*math.Sin(float64(x)/scale+phase)
		}
		for y := range down {
			down[y][c] = 50 * math.Cos(float64(y)/scale*1.3-phase)
		}
	}
	return wander(texture(w, h, func(x, y int) (byte, byte, byte) {
		a, d, grain := &across[x], &down[y], r.Float64()*6-3
		return byte(a[0] + d[0] + grain), byte(a[1] + d[1] + grain), byte(a[2] + d[2] + grain)
	}), 2, 1)
}

// Text is lines of dark marks on white that scroll by a line with each
// picture, as a terminal does.
func Text(w, h int) Content {
	const cellW, cellH = 8, 16
	cols := (w+pan)/cellW + 1
	shapes := make([]uint64, cols*((h+pan)/cellH+1))
	for i := range shapes {
		col, line := i%cols, i/cols
		shape := rand.NewPCG(uint64(col), uint64(line)).Uint64()
		// A fifth of the cells are blanks, and lines end where they like.
		if shape%5 != 0 && col <= 40+line*37%60 {
			shapes[i] = shape
		}
	}
	return wander(texture(w, h, func(x, y int) (byte, byte, byte) {
		shape := shapes[y/cellH*cols+x/cellW]
		if x, y := x%cellW, y%cellH; x > 0 && y > 2 && y < 13 && shape>>(uint(x/2+y/2*4)%64)&1 == 1 {
			return 40, 20, 20
		}
		return 250, 250, 250
	}), 0, cellH)
}

// Patch is a colour of [Patches].
type Patch struct {
	Name    string
	B, G, R byte
}

// PatchColours lists the colours of [Patches], left to right.
func PatchColours() []Patch {
	return []Patch{
		{"black", 0, 0, 0},
		{"white", 255, 255, 255},
		{"grey", 128, 128, 128},
		{"red", 0, 0, 255},
		{"green", 0, 255, 0},
		{"blue", 255, 0, 0},
	}
}

// Patches is a picture that stands still, of one upright bar for each of
// [PatchColours].
func Patches(w, h int) Content {
	f := encode.NewFrame(capture.BGRA, w, h)
	row := f.Plane[0][:4*w]
	colours := PatchColours()
	for x := range w {
		c := colours[x*len(colours)/w]
		copy(row[4*x:], []byte{c.B, c.G, c.R, 255})
	}
	for y := range h {
		copy(f.Plane[0][y*f.Stride[0]:], row)
	}
	return func(i int) *capture.Frame {
		f.Time = time.Duration(i) * time.Second / FPS
		return f
	}
}
