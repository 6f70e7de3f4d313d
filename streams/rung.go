package streams

import (
	"cmp"
	"slices"
	"time"

	"github.com/causeway-rtc/causeway/encode"
)

// Scale is how much smaller than what is captured a picture is sent.
type Scale uint8

// The scales, largest first. There are no others, so that viewers whose
// windows are of all sizes share few encoders.
const (
	Full Scale = iota
	ThreeQuarters
	Half
	Third
	Quarter
	scaleCount
)

// scaleParts are the scales as fractions.
var scaleParts = [scaleCount][2]int{{1, 1}, {3, 4}, {1, 2}, {1, 3}, {1, 4}}

// leastSide is the least that a side of a scaled picture has, in pixels.
const leastSide = 64

// Of is the size of a picture of w by h at the scale. Sides that are scaled
// are even, as 4:2:0 wants them.
func (s Scale) Of(w, h int) (sw, sh int) {
	if s == Full {
		return w, h
	}
	part := scaleParts[s]
	even := func(n int) int { return max((n*part[0]+part[1])/(2*part[1])*2, 2) }
	return even(w), even(h)
}

// area is the share of the pixels that are left.
func (s Scale) area() float64 {
	part := scaleParts[s]
	return float64(part[0]*part[0]) / float64(part[1]*part[1])
}

// rate is what a picture at the scale may take of the bit rate of a full one.
// A smaller one takes more for each of its pixels, in which there is more.
func (s Scale) rate(bps int) int {
	part := scaleParts[s]
	return bps * part[0] / part[1]
}

// fits is true when a picture of w by h may be sent at the scale.
func (s Scale) fits(w, h int) bool {
	sw, sh := s.Of(w, h)
	return s == Full || sw >= leastSide && sh >= leastSide
}

// Rung is one encoding of a track, which viewers share: a codec and a size.
// Sound has the scale Full.
type Rung struct {
	Codec encode.Codec
	Scale Scale
}

// is compares rungs.
func (r Rung) is(o Rung) bool { return r.Codec.Name == o.Codec.Name && r.Scale == o.Scale }

// The rules by which viewers are put on rungs. A viewer's rung is the largest
// that is not larger than its picture on the page needs, nor than its way
// carries:
//
//   - A picture is never so small that the page would have to enlarge it.
//   - A viewer whose way carries much less than the best of its codec gets a
//     smaller picture, whose share of the pixels is about its share of the bit
//     rate. So the viewers of one rung are alike, and the least of their bit
//     rates, which is the encoder's, takes little from the others.
//   - A way that carries less than leastDensity bits a second for each pixel
//     gets fewer pixels, also when nobody else watches.
//   - A viewer that asks for key frame after key frame, while others do not,
//     gets a smaller picture, since each costs all viewers of its rung.
//
// For a larger picture the bit rate must exceed what that takes by a third, and
// a viewer changes its rung once in dwell at most.
const (
	leastDensity = 0.75
	ample        = 1.3 // of what a larger picture takes
	dwell        = 2 * time.Second
	// maxRungs bounds the encoders of a track, or one for each codec when
	// those are more. Beyond it the rung with the fewest viewers is given up
	// for the next smaller one of its codec.
	maxRungs = 4
	// More than troubleMost requests for key frames within troubleTime are
	// trouble, and it lasts as long.
	troubleTime = 10 * time.Second
	troubleMost = 8
)

// leastShare is the least share of the best bit rate for each scale.
var leastShare = [scaleCount]float64{0.7, 0.4, 0.18, 0.09, 0}

// wish is what places a viewer on a rung.
type wish struct {
	codec         string
	scale         Scale // at present
	placed        bool  // it has one at present
	held          bool  // it changed that only just now
	rate          int   // that its way carries, zero when unknown
	width, height int   // of the picture on its page, zero when unknown
	troubled      bool
}

// place chooses the scale of each wish, in place, for a picture of w by h.
func place(wishes []wish, w, h int) {
	best := map[string]int{}      // the highest bit rates
	calm := map[string]struct{}{} // the codecs of viewers without trouble
	for _, v := range wishes {
		if !v.troubled {
			best[v.codec] = max(best[v.codec], v.rate)
			calm[v.codec] = struct{}{}
		}
	}
	for i, v := range wishes {
		scale := v.scale
		if !v.held {
			scale = max(v.shown(w, h), v.carried(best[v.codec], w, h))
			if _, others := calm[v.codec]; others && v.troubled {
				scale = min(scale+1, Quarter)
			}
		}
		for scale > Full && !scale.fits(w, h) {
			scale--
		}
		wishes[i].scale = scale
	}
	bound(wishes)
}

// shown is the smallest scale that the page need not enlarge.
func (v wish) shown(w, h int) Scale {
	if v.width <= 0 || v.height <= 0 {
		return Full
	}
	for s := Quarter; s > Full; s-- {
		if sw, sh := s.Of(w, h); sw >= v.width || sh >= v.height {
			return s
		}
	}
	return Full
}

// carried is the largest scale for which the bit rate suffices, where best is
// that of the best way.
func (v wish) carried(best, w, h int) Scale {
	if v.rate <= 0 {
		return Full
	}
	share, density := float64(v.rate)/float64(max(best, v.rate)), float64(v.rate)/float64(max(w*h, 1))
	for s := Full; s < Quarter; s++ {
		margin := 1.0
		if v.placed && s < v.scale {
			margin = ample
		}
		if share >= min(leastShare[s]*margin, 0.95) && density >= leastDensity*s.area()*margin {
			return s
		}
	}
	return Quarter
}

// bound gives up rungs until there are no more than maxRungs.
func bound(wishes []wish) {
	type rung struct {
		codec string
		scale Scale
	}
	for {
		viewers := map[rung]int{}
		for _, v := range wishes {
			viewers[rung{v.codec, v.scale}]++
		}
		if len(viewers) <= maxRungs {
			return
		}
		// Only a rung that has a smaller one beside it can be given up.
		smaller := func(r rung) (Scale, bool) {
			for s := r.scale + 1; s < scaleCount; s++ {
				if viewers[rung{r.codec, s}] > 0 {
					return s, true
				}
			}
			return 0, false
		}
		var all []rung
		for r := range viewers {
			if _, ok := smaller(r); ok {
				all = append(all, r)
			}
		}
		if len(all) == 0 {
			return
		}
		from := slices.MinFunc(all, func(a, b rung) int {
			return cmp.Or(viewers[a]-viewers[b], cmp.Compare(b.scale, a.scale), cmp.Compare(a.codec, b.codec))
		})
		to, _ := smaller(from)
		for i, v := range wishes {
			if v.codec == from.codec && v.scale == from.scale {
				wishes[i].scale = to
			}
		}
	}
}
