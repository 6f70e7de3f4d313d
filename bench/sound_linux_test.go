package bench

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture/virtual"
)

// Two recordings agree on when the output played what they hear, even where one
// of them began in the middle: nothing of what recording takes is left in a
// delay.
func TestEarsAgree(t *testing.T) {
	require(t, "pulseaudio")
	server, err := virtual.StartSound(t.Context(), virtual.SoundOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	speaker, err := OpenSpeaker(server.Server())
	if err != nil {
		t.Fatal(err)
	}
	defer speaker.Close()
	var ears [2]*Ear
	for i := range ears {
		if ears[i], err = OpenEar(server.Server()); err != nil {
			t.Fatal(err)
		}
		defer ears[i].Close()
		hearBeeps(t, ears[i], 2)
	}
	second := hearBeeps(t, ears[1], 3)
	first := hearBeeps(t, ears[0], 6) // asked later, it heard all of them
	for _, at := range second {
		off := beepInterval
		for _, f := range first {
			off = min(off, (at - f).Abs())
		}
		if off > 3*time.Millisecond {
			t.Errorf("one heard %v, the other %v", first, second)
		}
	}
}

// hearBeeps waits until an ear has heard some beeps.
func hearBeeps(t *testing.T, e *Ear, n int) []time.Duration {
	t.Helper()
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(50 * time.Millisecond) {
		tape, err := e.Tape()
		if err != nil {
			t.Fatal(err)
		}
		if heard := tape.Beeps(); len(heard) >= n {
			return heard
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d samples without %d beeps", len(tape.samples), n)
		}
	}
}

// BenchmarkSound measures from a sound on the host's output to the same on the
// viewer's, as it is mixed there.
func BenchmarkSound(b *testing.B) {
	for _, test := range []struct {
		name string
		open opener
	}{{"quiet", still}, {"motion", moving(60)}} {
		b.Run(test.name, func(b *testing.B) {
			o := hd.rig(test.open)
			o.Sound = true
			r := newRig(b, o)
			defer Background(b.Context(), r.App.Run)()
			for b.Loop() {
				hear(b, r, test.name)
			}
		})
	}
}

// hear plays beeps, listens at both ends, and reports.
func hear(b *testing.B, r *Rig, name string) {
	b.Helper()
	speaker, err := OpenSpeaker(r.HostSound.Server())
	check(b, err)
	defer speaker.Close()
	check(b, Wait(b.Context(), 3*warmUp)) // the browser's buffer finds its length
	played, err := OpenEar(r.HostSound.Server())
	check(b, err)
	defer played.Close()
	heard, err := OpenEar(r.ViewerSound.Server())
	check(b, err)
	defer heard.Close()
	meter, err := StartLoad()
	check(b, err)
	check(b, Wait(b.Context(), lasting(16*time.Second)))
	load, err := meter.Stop()
	check(b, err, r.Alive())
	before, err := played.Tape()
	check(b, err)
	after, err := heard.Tape()
	check(b, err)
	at := before.Beeps()
	end := after.began + after.length() - beepInterval/2
	at = slices.DeleteFunc(at, func(p time.Duration) bool { return p < after.began || p > end })
	delays, missed := JoinBeeps(at, after.Beeps())
	add(b, len(at)/2, Result{
		Name: "sound, host's output → viewer's, " + name, Subject: Subject{Size: hd.name}, Unit: "ms", Target: Target{Median: 45}, Load: load,
		Samples: delays, Remarks: []string{fmt.Sprintf("%d of %d beeps unheard", missed, len(at))},
	})
}
