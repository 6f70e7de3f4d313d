package main

import (
	"image"
	"math"
)

const (
	around, across = 72, 28 // faces of the ring's mesh
	thickness      = 0.42   // of the ring whose radius is 1
	distance       = 3.4    // of the eye
)

// corner is a corner of the mesh: as it is made, and as it is seen.
type corner struct {
	at, normal vector
	colour     vector // blue, green, red from 0 to 1
	x, y, z    float32
	lit        [3]float32 // blue, green, red from 0 to 255
}

type vector [3]float64

func (v vector) dot(w vector) float64 { return v[0]*w[0] + v[1]*w[1] + v[2]*w[2] }

// light is where it comes from, and halfway the direction between it and the
// eye (Blinn's model of highlights).
var light, halfway = vector{-0.48, 0.64, -0.6}, vector{-0.268, 0.358, -0.894}

// canvas is a picture with depth, and a ring to draw into it. It allocates
// nothing while it draws.
type canvas struct {
	w, h    int
	pix     []byte    // BGRA
	ground  []byte    // pix without the ring
	depth   []float32 // 1/z of what is nearest; zero is far away
	mesh    []corner
	covered image.Rectangle // where the ring is
	damage  [1]image.Rectangle
}

func newCanvas(w, h int) *canvas {
	c := &canvas{w: w, h: h, ground: make([]byte, 4*w*h), depth: make([]float32, w*h)}
	for i := range w * h { // dusk
		y := float64(i/w) / float64(h)
		copy(c.ground[4*i:], []byte{byte(70 - 50*y), byte(40 - 22*y), byte(36 - 20*y), 255})
	}
	c.pix = append(c.pix, c.ground...)
	for i := range around {
		for j := range across {
			su, cu := math.Sincos(2 * math.Pi * float64(i) / around)
			sv, cv := math.Sincos(2 * math.Pi * float64(j) / across)
			k := corner{
				at:     vector{(1 + thickness*cv) * cu, thickness * sv, (1 + thickness*cv) * su},
				normal: vector{cv * cu, sv, cv * su},
				colour: vector{0.15, 0.45, 0.95}, // amber
			}
			if i*8/around%2 == 0 {
				k.colour = vector{0.8, 0.55, 0.2} // and blue, so that one sees it turn
			}
			c.mesh = append(c.mesh, k)
		}
	}
	return c
}

// draw draws the ring and returns what that changed, which is valid until the
// next call.
func (c *canvas) draw(v view) []image.Rectangle {
	before := c.covered
	for y := before.Min.Y; y < before.Max.Y; y++ {
		row := y * c.w
		copy(c.pix[4*(row+before.Min.X):4*(row+before.Max.X)], c.ground[4*(row+before.Min.X):])
		clear(c.depth[row+before.Min.X : row+before.Max.X])
	}
	c.covered = c.look(v)
	for i := range around {
		for j := range across {
			i2, j2 := (i+1)%around, (j+1)%across
			p, q := &c.mesh[i*across+j], &c.mesh[i2*across+j]
			r, s := &c.mesh[i2*across+j2], &c.mesh[i*across+j2]
			c.triangle(p, r, q)
			c.triangle(p, s, r)
		}
	}
	c.damage[0] = before.Union(c.covered)
	return c.damage[:]
}

// look turns, lights and projects the mesh, and returns what it covers.
func (c *canvas) look(v view) image.Rectangle {
	sy, cy := math.Sincos(v.yaw)
	sp, cp := math.Sincos(v.pitch)
	turn := func(p vector) vector {
		p[0], p[2] = p[0]*cy-p[2]*sy, p[0]*sy+p[2]*cy
		p[1], p[2] = p[1]*cp-p[2]*sp, p[1]*sp+p[2]*cp
		return p
	}
	scale := 1.1 * float64(c.h) * v.zoom
	low, high := vector{math.Inf(1), math.Inf(1)}, vector{}
	for i := range c.mesh {
		k := &c.mesh[i]
		at, normal := turn(k.at), turn(k.normal)
		near := 1 / (at[2] + distance)
		x, y := float64(c.w)/2+scale*at[0]*near, float64(c.h)/2-scale*at[1]*near
		k.x, k.y, k.z = float32(x), float32(y), float32(near)
		diffuse := 0.15 + 0.85*max(normal.dot(light), 0)
		highlight := 160 * math.Pow(max(normal.dot(halfway), 0), 32)
		for j, colour := range k.colour {
			k.lit[j] = float32(min(255*colour*diffuse+highlight, 255))
		}
		low = vector{min(low[0], x), min(low[1], y)}
		high = vector{max(high[0], x), max(high[1], y)}
	}
	covered := image.Rect(int(low[0]), int(low[1]), int(high[0])+2, int(high[1])+2)
	return covered.Intersect(image.Rect(0, 0, c.w, c.h))
}

// triangle draws what is seen of a triangle. A pixel's weights of the three
// corners are what the edges opposite to them are far from it (Pineda,
// "A parallel algorithm for polygon rasterization", 1988).
func (c *canvas) triangle(p, q, r *corner) {
	area := (q.x-p.x)*(r.y-p.y) - (q.y-p.y)*(r.x-p.x)
	if area <= 0 {
		return // it shows its back
	}
	left, right := max(int(min(p.x, q.x, r.x)), 0), min(int(max(p.x, q.x, r.x)), c.w-1)
	top, bottom := max(int(min(p.y, q.y, r.y)), 0), min(int(max(p.y, q.y, r.y)), c.h-1)
	stepP, stepQ := (q.y-r.y)/area, (r.y-p.y)/area // from pixel to pixel
	for y := top; y <= bottom; y++ {
		fx, fy := float32(left)+0.5, float32(y)+0.5
		wp := ((r.x-q.x)*(fy-q.y) - (r.y-q.y)*(fx-q.x)) / area
		wq := ((p.x-r.x)*(fy-r.y) - (p.y-r.y)*(fx-r.x)) / area
		for i := y*c.w + left; i <= y*c.w+right; i, wp, wq = i+1, wp+stepP, wq+stepQ {
			wr := 1 - wp - wq
			if wp < 0 || wq < 0 || wr < 0 {
				continue
			}
			near := wp*p.z + wq*q.z + wr*r.z
			if near <= c.depth[i] {
				continue
			}
			c.depth[i] = near
			pix := c.pix[4*i : 4*i+3 : 4*i+3]
			for j := range pix {
				pix[j] = byte(wp*p.lit[j] + wq*q.lit[j] + wr*r.lit[j])
			}
		}
	}
}
