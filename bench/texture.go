package bench

import "math"

// The moving picture is a camera panning over a grainy landscape: what a game
// looks like to an encoder. It is rendered once; a frame is a window into it.
// With film grain, which differs from frame to frame, an encoder has about
// twice as much to do.
const (
	// panMargin is how much larger than the screen the landscape is, in
	// pixels in each direction.
	panMargin = 256
	// filmGrains is how many versions of the landscape there are with film
	// grain, alike but for their grain.
	filmGrains = 3
	// grainAmplitude is how far grain moves a pixel's value at most.
	grainAmplitude = 4
)

// landscapeStride is the bytes in a row of a landscape for a screen.
func landscapeStride(width int) int { return (width + panMargin) * 4 }

// landscapeSize is the bytes of one version of it.
func landscapeSize(width, height int) int { return landscapeStride(width) * (height + panMargin) }

// paintLandscape renders so many versions into pix as BGRA, one after the
// other.
func paintLandscape(pix []byte, width, height, grains int) {
	size, w := landscapeSize(width, height), width+panMargin
	for i := 0; i < size; i += 4 {
		x, y := i/4%w, i/4/w
		v := terrain(x, y)
		pix[i], pix[i+1], pix[i+2] = tint(v, x, 0), tint(v, y, 2), tint(v, x+y, 4)
	}
	for g := 1; g < grains; g++ {
		copy(pix[g*size:(g+1)*size], pix[:size])
	}
	for g := range grains {
		grain(pix[g*size:(g+1)*size], uint32(g+1))
	}
}

// terrain is value noise of four octaves with hard edges in it, from 0 to 1.
func terrain(x, y int) float64 {
	v := 0.0
	for cell, weight := 128, 0.5; cell >= 16; cell, weight = cell/2, weight/2 {
		v += weight * valueNoise(x, y, cell)
	}
	if hash(x/96, y/64, 99)%5 == 0 { // houses
		v = 0.25 + v/2
	}
	return v
}

// valueNoise interpolates random values at the corners of square cells.
func valueNoise(x, y, cell int) float64 {
	cx, cy := x/cell, y/cell
	fx, fy := smooth(float64(x%cell)/float64(cell)), smooth(float64(y%cell)/float64(cell))
	at := func(dx, dy int) float64 { return float64(hash(cx+dx, cy+dy, cell)&0xffff) / 0xffff }
	top := at(0, 0) + (at(1, 0)-at(0, 0))*fx
	bottom := at(0, 1) + (at(1, 1)-at(0, 1))*fx
	return top + (bottom-top)*fy
}

func smooth(t float64) float64 { return t * t * (3 - 2*t) }

// hash mixes three integers into a random-looking one.
func hash(x, y, z int) uint32 {
	h := uint32(x)*0x85ebca6b ^ uint32(y)*0xc2b2ae35 ^ uint32(z)*0x27d4eb2f
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	h *= 0x297a2d39
	return h ^ h>>15
}

// tint maps v to a channel, never as dark or bright as a barcode's cells.
func tint(v float64, along int, phase float64) byte {
	wave := 0.5 + 0.5*math.Sin(float64(along)/150+phase)
	return byte(70 + 110*(0.75*v+0.25*wave))
}

// grain adds noise to every pixel, the same to its three channels.
func grain(pix []byte, seed uint32) {
	state := seed * 0x9e3779b9
	for i := 0; i < len(pix); i += 4 {
		state = state*1664525 + 1013904223
		n := byte(int(state>>24)%(2*grainAmplitude+1) - grainAmplitude)
		pix[i] += n
		pix[i+1] += n
		pix[i+2] += n
	}
}

// pan is where the camera is at frame n of a scene of fps frames a second:
// the offset in pixels into the landscape. It moves by up to 5 pixels a frame
// at 60 frames a second.
func pan(n int, fps float64) (x, y int) {
	t := float64(n) / fps
	const r = panMargin/2 - 1
	return panMargin/2 + int(r*math.Sin(2.4*t)), panMargin/2 + int(r*math.Sin(1.7*t+1))
}
