package main

import (
	"math"
	"regexp"
	"testing"
	"time"

	"github.com/jfreymuth/pulse"

	"github.com/causeway-rtc/causeway/capture/capturetest"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// silentHost starts a host with a virtual display and its own sound server,
// on which nothing plays.
func silentHost(t *testing.T) *process {
	t.Helper()
	capturetest.Command(t, nil, "pulseaudio")
	return startHost(t, nil, "--virtual", "320x240", "--run", "exec sleep 1000000", "--fps", "20", "--inject", "none")
}

var soundStarted = regexp.MustCompile(`msg="sound server started" server=(\S+)`)

// soundServerOf waits until a host has started its n-th sound server.
func soundServerOf(p *process, n int) (address string) {
	p.t.Helper()
	p.eventually("the sound server", func() bool {
		all := soundStarted.FindAllStringSubmatch(p.log.String(), -1)
		if len(all) >= n {
			address = all[n-1][1]
		}
		return address != ""
	})
	return address
}

// play plays a tone until stop is called or the server is gone.
func play(t *testing.T, server string, hz float64) (stop func()) {
	t.Helper()
	client, err := pulse.NewClient(pulse.ClientServerString(server))
	if err != nil {
		t.Fatal(err)
	}
	const rate = 48000
	n := 0
	tone := pulse.Int16Reader(func(out []int16) (int, error) {
		for i := range out {
			out[i] = int16(10000 * math.Sin(2*math.Pi*hz*float64(n)/rate))
			n++
		}
		return len(out), nil
	})
	stream, err := client.NewPlayback(tone, pulse.PlaybackSampleRate(rate), pulse.PlaybackMono, pulse.PlaybackLatency(0.05))
	if err != nil {
		t.Fatal(err)
	}
	stream.Start()
	ended := false
	stop = func() {
		if !ended {
			ended = true
			client.Close()
		}
	}
	t.Cleanup(stop)
	return stop
}

// listen makes the page tell the loudest frequency of what it plays.
func listen(b *webtest.Browser) {
	b.Wait("window.causeway.stream.sound === 'on'", patience)
	b.Eval(`(() => {
		const context = new AudioContext();
		const analyser = new AnalyserNode(context, { fftSize: 16384, smoothingTimeConstant: 0 });
		context.createMediaStreamSource(causeway.stream.audio.srcObject).connect(analyser);
		const levels = new Float32Array(analyser.frequencyBinCount);
		window.loudest = () => {
			analyser.getFloatFrequencyData(levels);
			const at = levels.indexOf(Math.max(...levels));
			return levels[at] > -60 ? at * context.sampleRate / analyser.fftSize : 0;
		};
		return context.resume();
	})()`, nil)
}

// hears waits until the page plays a tone.
func hears(t *testing.T, b *webtest.Browser, hz float64) {
	t.Helper()
	var got float64
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		b.Eval("window.loudest()", &got)
		if math.Abs(got-hz) < 6 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the page plays %.0f Hz, want %.0f", got, hz)
		}
	}
}

func TestToneIsHeardAtItsFrequencyAndSilenceSendsNothing(t *testing.T) {
	h := silentHost(t)
	server := soundServerOf(h, 1)
	b := browse(t, h, webtest.Options{Autoplay: true})
	v := startViewer(t, h.url)
	w := join(t, h)
	w.first()
	if n := len(w.heard()); n > 0 {
		t.Errorf("%d packets of sound came before there was any", n)
	}
	listen(b)
	stop := play(t, server, 440)
	hears(t, b, 440)
	// A sine of 10000/32768 has a root mean square of 0.216.
	v.wait("the tone", func(s seen) bool { return math.Abs(s.Loudness-0.216) < 0.02 })
	stop()
	quiet := func() bool {
		n := len(w.heard())
		time.Sleep(2 * time.Second)
		return len(w.heard()) == n
	}
	until(t, "the end of the sound", quiet)
	b.Stats()
	until(t, "the page to get no more sound", func() bool {
		time.Sleep(1100 * time.Millisecond)
		return b.Stats().AudioBitrate == 0
	})
	if n := len(w.heard()); n < 50 {
		t.Errorf("%d packets of sound came in all", n)
	}
	play(t, server, 880)
	hears(t, b, 880)
}

func TestThePictureGoesOnAndTheSoundComesBackWhenTheSoundServerDies(t *testing.T) {
	h := silentHost(t)
	b := browse(t, h, webtest.Options{Autoplay: true})
	listen(b)
	play(t, soundServerOf(h, 1), 440)
	hears(t, b, 440)
	killChild(t, h, "pulseaudio")
	b.WaitFrames(1, patience)
	server := soundServerOf(h, 2)
	began := time.Now()
	play(t, server, 660)
	hears(t, b, 660)
	t.Logf("the new server was heard after %v", time.Since(began))
	b.Wait("!document.querySelector('.banners').innerText.includes('sound went away')", patience)
	if state, _ := b.State(); state != "connected" || !h.running() {
		t.Errorf("the page is %s", state)
	}
}
