package streams

import (
	"fmt"
	"slices"
	"testing"
)

func TestViewersArePlacedOnFewRungs(t *testing.T) {
	const fast, half, poor = 12_000_000, 6_000_000, 600_000
	for name, test := range map[string]struct {
		wishes []wish
		want   []Scale
	}{
		"one viewer that says nothing":             {[]wish{{}}, []Scale{Full}},
		"a picture of the desktop's size":          {[]wish{{width: 1280, height: 720}}, []Scale{Full}},
		"a picture a little smaller":               {[]wish{{width: 1000, height: 562}}, []Scale{Full}},
		"a picture of half the size":               {[]wish{{width: 640, height: 360}}, []Scale{Half}},
		"a thumbnail":                              {[]wish{{width: 160, height: 90}}, []Scale{Quarter}},
		"a tall window":                            {[]wish{{width: 640, height: 2000}}, []Scale{Half}},
		"a slow way alone":                         {[]wish{{rate: half}}, []Scale{Full}},
		"a slow way beside a fast one":             {[]wish{{rate: fast}, {rate: half}}, []Scale{Full, ThreeQuarters}},
		"a way a little slower":                    {[]wish{{rate: fast}, {rate: fast * 8 / 10}}, []Scale{Full, Full}},
		"a poor way alone":                         {[]wish{{rate: poor}}, []Scale{ThreeQuarters}},
		"a poor way beside a fast one":             {[]wish{{rate: fast}, {rate: poor}}, []Scale{Full, Quarter}},
		"codecs apart":                             {[]wish{{codec: "a", rate: fast}, {codec: "b", rate: half}}, []Scale{Full, Full}},
		"a way that recovered, but hardly":         {[]wish{{rate: fast}, {rate: fast * 75 / 100, placed: true, scale: ThreeQuarters}}, []Scale{Full, ThreeQuarters}},
		"a way that recovered":                     {[]wish{{rate: fast}, {rate: fast, placed: true, scale: ThreeQuarters}}, []Scale{Full, Full}},
		"a change just after another":              {[]wish{{rate: fast}, {rate: fast, placed: true, held: true, scale: Half}}, []Scale{Full, Half}},
		"somebody who asks for many key frames":    {[]wish{{}, {troubled: true}}, []Scale{Full, ThreeQuarters}},
		"everybody asks for many key frames":       {[]wish{{troubled: true}, {troubled: true}}, []Scale{Full, Full}},
		"more rungs than there may be":             {[]wish{{}, {}, {width: 960}, {width: 640}, {width: 640}, {width: 426}, {width: 426}, {width: 320}, {width: 320}}, []Scale{Full, Full, Half, Half, Half, Third, Third, Quarter, Quarter}},
		"more codecs than there may be rungs":      {[]wish{{codec: "a"}, {codec: "b"}, {codec: "c"}, {codec: "d"}, {codec: "e"}, {codec: "e", width: 320}}, []Scale{Full, Full, Full, Full, Quarter, Quarter}},
		"a way faster than that of a troubled one": {[]wish{{rate: half}, {rate: fast, troubled: true}}, []Scale{Full, ThreeQuarters}},
	} {
		for i := range test.wishes {
			if w := &test.wishes[i]; w.width > 0 && w.height == 0 {
				w.height = 1 << 16
			}
		}
		place(test.wishes, 1280, 720)
		var got []Scale
		for _, w := range test.wishes {
			got = append(got, w.scale)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: scales %v, want %v", name, got, test.want)
		}
	}
}

func TestScaledSizesAreEvenAndAlike(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {64, 64}, {255, 97}, {1366, 768}, {1281, 721}, {1920, 1080}, {4096, 2304}} {
		w, h := size[0], size[1]
		for s := range scaleCount {
			t.Run(fmt.Sprint(w, "×", h, " at ", s), func(t *testing.T) {
				sw, sh := s.Of(w, h)
				if s == Full {
					if sw != w || sh != h {
						t.Fatalf("a full picture is %d×%d", sw, sh)
					}
					return
				}
				if !s.fits(w, h) {
					return
				}
				part := float64(scaleParts[s][0]) / float64(scaleParts[s][1])
				if sw%2 != 0 || sh%2 != 0 || abs(float64(sw)-part*float64(w)) > 1 || abs(float64(sh)-part*float64(h)) > 1 {
					t.Fatalf("%d×%d", sw, sh)
				}
			})
		}
	}
}

func abs(f float64) float64 { return max(f, -f) }

func TestNoRungIsTooSmallForAnEncoder(t *testing.T) {
	w := []wish{{width: 1, height: 1}}
	place(w, 200, 130)
	if w[0].scale != Half {
		t.Fatalf("a picture of 200×130 is sent at scale %d, want the last with sides of 64", w[0].scale)
	}
}
