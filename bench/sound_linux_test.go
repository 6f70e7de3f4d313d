package bench

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/capture/virtual"
)

// What is played to a sound server is heard there at once: the rig's own share
// of every delay.
func TestASpeakerIsHeard(t *testing.T) {
	require(t, "pulseaudio")
	server, err := virtual.StartSound(t.Context(), virtual.SoundOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	ear, err := OpenEar(server.Server())
	if err != nil {
		t.Fatal(err)
	}
	defer ear.Close()
	speaker, err := OpenSpeaker(server.Server())
	if err != nil {
		t.Fatal(err)
	}
	defer speaker.Close()
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(50 * time.Millisecond) {
		tape := ear.Tape()
		if heard := tape.Beeps(); len(heard) >= 3 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d samples without three beeps", len(tape.samples))
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
	before, after := played.Tape(), heard.Tape()
	at := before.Beeps()
	end := after.began + after.length() - beepInterval/2
	at = slices.DeleteFunc(at, func(p time.Duration) bool { return p < after.began || p > end })
	delays, missed := JoinBeeps(at, after.Beeps())
	add(b, len(at)/2, Result{
		Name: "sound, host's output → viewer's, " + name, Subject: Subject{Size: hd.name}, Unit: "ms", Target: Target{Median: 45}, Load: load,
		Samples: delays, Remarks: []string{fmt.Sprintf("%d of %d beeps unheard", missed, len(at))},
	})
}
