package main

import "math"

// The demonstration's picture: slow waves of colour, balls that bounce, and a
// ripple wherever somebody clicks.

const (
	sceneWidth, sceneHeight = 640, 360
	sceneFPS                = 30
	rippleLife              = 1.6 // seconds
)

// scene is drawn into BGRA pixels. The zero value is not ready; see newScene.
type scene struct {
	pix     []byte // sceneWidth × sceneHeight × 4, BGRA
	sine    [1024]float32
	balls   []ball
	ripples []ripple
}

type ball struct {
	x, y, dx, dy, radius float64
	b, g, r              byte
}

// ripple began at second t, at x and y.
type ripple struct{ x, y, t float64 }

func newScene() *scene {
	s := &scene{pix: make([]byte, sceneWidth*sceneHeight*4)}
	for i := range s.sine {
		s.sine[i] = float32(math.Sin(float64(i) * 2 * math.Pi / float64(len(s.sine))))
	}
	s.balls = []ball{
		{120, 90, 131, 97, 26, 60, 180, 255},
		{300, 200, -171, 113, 18, 255, 160, 80},
		{480, 150, 149, -139, 34, 140, 240, 150},
		{220, 260, -109, -157, 14, 230, 230, 240},
	}
	return s
}

// click starts a ripple at x, y at second t.
func (s *scene) click(x, y int, t float64) {
	const most = 12
	if len(s.ripples) == most {
		s.ripples = append(s.ripples[:0], s.ripples[1:]...)
	}
	s.ripples = append(s.ripples, ripple{float64(x), float64(y), t})
}

// draw draws the picture of second t.
func (s *scene) draw(t float64) {
	s.background(t)
	for i := range s.balls {
		s.balls[i].move(1.0 / sceneFPS)
		s.ball(&s.balls[i])
	}
	kept := s.ripples[:0]
	for _, r := range s.ripples {
		if age := t - r.t; age < rippleLife {
			s.ring(r, age)
			kept = append(kept, r)
		}
	}
	s.ripples = kept
}

// wave looks up the sine of a phase in 1/1024 of a turn.
func (s *scene) wave(phase int) float32 { return s.sine[phase&1023] }

func (s *scene) background(t float64) {
	a, b, c := int(t*90), int(t*-61), int(t*43)
	for y := range sceneHeight {
		row := s.pix[y*sceneWidth*4 : (y+1)*sceneWidth*4]
		down := s.wave(y*3+a) + s.wave(y+c)
		for x := range sceneWidth {
			v := down + s.wave(x*2+b) + s.wave((x+y)*2+a)
			p := row[x*4 : x*4+4 : x*4+4]
			p[0] = byte(82 + v*14)
			p[1] = byte(48 + v*9)
			p[2] = byte(38 + v*8)
		}
	}
}

// move moves the ball for dt seconds, off the walls.
func (b *ball) move(dt float64) {
	b.x, b.y = b.x+b.dx*dt, b.y+b.dy*dt
	if b.x < b.radius || b.x > sceneWidth-b.radius {
		b.dx = -b.dx
		b.x = min(max(b.x, b.radius), sceneWidth-b.radius)
	}
	if b.y < b.radius || b.y > sceneHeight-b.radius {
		b.dy = -b.dy
		b.y = min(max(b.y, b.radius), sceneHeight-b.radius)
	}
}

// each calls f with the pixel and the squared distance to x, y of every pixel
// within radius of it.
func (s *scene) each(x, y, radius float64, f func(p []byte, d2 float64)) {
	for py := max(0, int(y-radius)); py <= min(sceneHeight-1, int(y+radius)); py++ {
		for px := max(0, int(x-radius)); px <= min(sceneWidth-1, int(x+radius)); px++ {
			dx, dy := float64(px)-x, float64(py)-y
			if d2 := dx*dx + dy*dy; d2 <= radius*radius {
				i := (py*sceneWidth + px) * 4
				f(s.pix[i:i+4:i+4], d2)
			}
		}
	}
}

func (s *scene) ball(b *ball) {
	s.each(b.x, b.y, b.radius, func(p []byte, d2 float64) {
		light := 1 - 0.55*d2/(b.radius*b.radius)
		p[0], p[1], p[2] = byte(float64(b.b)*light), byte(float64(b.g)*light), byte(float64(b.r)*light)
	})
}

func (s *scene) ring(r ripple, age float64) {
	outer := 8 + age*90
	inner := max(outer-6, 0)
	strength := 1 - age/rippleLife
	s.each(r.x, r.y, outer, func(p []byte, d2 float64) {
		if d2 < inner*inner {
			return
		}
		for i := range 3 {
			p[i] += byte(float64(255-p[i]) * strength)
		}
	})
}
