package encode

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

func ExampleNALUnits() {
	stream := []byte{0, 0, 0, 1, 0x67, 0x42, 0, 0, 1, 0x68, 0xce, 0, 0, 0, 1, 0x65, 0x88}
	for nal := range NALUnits(stream) {
		fmt.Println(NALType(nal), len(nal))
	}
	fmt.Println(IsKeyH264(stream))
	// Output:
	// 7 2
	// 8 2
	// 5 2
	// true
}

func TestNALUnitsOfOddStreams(t *testing.T) {
	for in, want := range map[string][]string{
		"":                              nil,
		"\x00\x00\x01":                  nil,
		"junk":                          nil,
		"junk\x00\x00\x01\x09":          {"\x09"},
		"\x00\x00\x01\x65a\x00\x00\x00": {"\x65a"},
		"\x00\x00\x01\x00\x00\x01\x41":  {"\x41"},
	} {
		var got []string
		for nal := range NALUnits([]byte(in)) {
			got = append(got, string(nal))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestNALUnitsAllocatesNothing(t *testing.T) {
	data := bytes.Repeat([]byte{0, 0, 1, 0x41, 7}, 10)
	if n := testing.AllocsPerRun(10, func() { IsKeyH264(data) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzNALUnits holds the rules that consumers build upon, whatever a stranger
// sends: units are not empty, contain no start code, and put together again
// split the same way.
func FuzzNALUnits(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0x67, 0x42, 0, 0, 1, 0x68, 0, 0, 1, 0x65, 1, 2, 3})
	f.Fuzz(func(t *testing.T, data []byte) {
		var units [][]byte
		var again []byte
		for nal := range NALUnits(data) {
			if len(nal) == 0 || nal[len(nal)-1] == 0 || bytes.Contains(nal, []byte{0, 0, 1}) {
				t.Fatalf("unit % x of % x", nal, data)
			}
			units = append(units, nal)
			again = append(append(again, 0, 0, 0, 1), nal...)
		}
		i := 0
		for nal := range NALUnits(again) {
			if i == len(units) || !bytes.Equal(nal, units[i]) {
				t.Fatalf("unit %d changed on the way", i)
			}
			i++
		}
		if i != len(units) {
			t.Fatalf("%d units became %d", len(units), i)
		}
		if IsKeyH264(data) != IsKeyH264(again) {
			t.Fatal("key or not key")
		}
	})
}
