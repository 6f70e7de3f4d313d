package avcodec

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/encodetest"
)

func open264(t *testing.T) encode.Decoder {
	t.Helper()
	encodetest.Need(t, Backend)
	d, err := Backend.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// What decodes well is tested with the encoders; this is the rest.

func TestNothingDecodesToNothing(t *testing.T) {
	if f, err := open264(t).Decode(&encode.Chunk{}); f != nil || err != nil {
		t.Errorf("got %v, %v", f, err)
	}
}

func TestGarbageIsAnErrorAtMost(t *testing.T) {
	d := open264(t)
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		c := encode.Chunk{Data: []byte{0, 0, 0, 1}}
		for range r.IntN(300) {
			c.Data = append(c.Data, byte(r.Uint32()))
		}
		if f, err := d.Decode(&c); f != nil && err != nil {
			t.Fatalf("both a frame and %v", err)
		}
	}
}

func TestProbeSaysWhatToDo(t *testing.T) {
	if err := Backend.Probe(); err != nil && !strings.Contains(err.Error(), "install") && !strings.Contains(err.Error(), "build") {
		t.Errorf("%v", err)
	}
}
