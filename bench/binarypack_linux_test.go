package bench

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/peer/binarypack"
	"github.com/causeway-rtc/causeway/peer/peerserver/peerservertest"
)

// packed100k are values whose wire form has about 100 kB.
var packed100k = []struct {
	name string
	v    func() any
}{
	{"records", func() any {
		var all []any
		for i := range 1000 {
			all = append(all, map[string]any{
				"id": i, "name": fmt.Sprintf("participant %d of the room", i), "position": []any{float64(i) / 7, -float64(i) / 3, 0.5},
				"active": i%2 == 0, "score": i * 1000, "note": nil,
			})
		}
		return all
	}},
	{"numbers", func() any {
		var all []any
		for i := range 11 { // the original overflows its stack on one array of 11,000
			row := make([]any, 1000)
			for j := range row {
				row[j] = math.Sin(float64(1000*i + j))
			}
			all = append(all, row)
		}
		return all
	}},
	{"text", func() any { return map[string]any{"text": strings.Repeat("größer als ein Absatz, ", 4200)} }},
	{"bytes", func() any { return map[string]any{"name": "file", "data": make([]byte, 100_000)} }},
}

// rates are how many values a second are packed and unpacked.
type rates struct {
	Pack   float64 `json:"pack"`
	Unpack float64 `json:"unpack"`
}

// both is how many values a second go out and in.
func (r rates) both() float64 { return 1 / (1/r.Pack + 1/r.Unpack) }

// BenchmarkBinaryPack measures how often package binarypack packs and unpacks
// 100 kB in the time that the original, run by Node.js, needs for once. The
// original is fetched by the tests of peer/binarypack, which need a network.
func BenchmarkBinaryPack(b *testing.B) {
	for _, test := range packed100k {
		b.Run(test.name, func(b *testing.B) {
			v := test.v()
			packed, err := binarypack.Marshal(v)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				meter, err := StartLoad()
				if err != nil {
					b.Fatal(err)
				}
				var ratios []float64
				var ours, original rates
				for range 3 {
					d := lasting(time.Second)
					original = originalRates(b, packed, d)
					ours = ourRates(b, v, packed, d)
					ratios = append(ratios, ours.both()/original.both())
				}
				load, err := meter.Stop()
				if err != nil {
					b.Fatal(err)
				}
				add(b, 3, Result{
					Name: fmt.Sprintf("BinaryPack, ours ÷ original, %.0f kB of %s", float64(len(packed))/1000, test.name),
					Unit: "×", Target: Target{AtLeast: 5}, Samples: ratios, Load: load,
					Remarks: []string{fmt.Sprintf("packed %.0f and %.0f times a second, unpacked %.0f and %.0f",
						ours.Pack, original.Pack, ours.Unpack, original.Unpack)},
				})
			}
		})
	}
}

// ourRates measures us for d each way.
func ourRates(b *testing.B, v any, packed []byte, d time.Duration) rates {
	b.Helper()
	rate := func(once func() error) float64 {
		n, start := 0, time.Now()
		for time.Since(start) < d {
			for range 10 {
				if err := once(); err != nil {
					b.Fatal(err)
				}
			}
			n += 10
		}
		return float64(n) / time.Since(start).Seconds()
	}
	var buffer []byte // a sender has one for all that it sends
	return rates{
		Pack:   rate(func() (err error) { buffer, err = binarypack.Append(buffer[:0], v); return err }),
		Unpack: rate(func() error { _, err := binarypack.Unmarshal(packed); return err }),
	}
}

// originalRates measures the original for d each way, on the same value.
func originalRates(b *testing.B, packed []byte, d time.Duration) rates {
	b.Helper()
	path := filepath.Join(b.TempDir(), "packed")
	if err := os.WriteFile(path, packed, 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(peerservertest.Node(b), filepath.Join("testdata", "binarypack.mjs"), peerservertest.Modules(b), path,
		fmt.Sprint(d.Milliseconds()))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		b.Fatal(err)
	}
	var r rates
	if err := json.Unmarshal(out, &r); err != nil {
		b.Fatalf("%v in %s", err, out)
	}
	return r
}
