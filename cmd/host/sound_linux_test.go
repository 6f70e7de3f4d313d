package main

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/jfreymuth/pulse"
	"github.com/jfreymuth/pulse/proto"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/capturetest"
	cpulse "github.com/causeway-rtc/causeway/capture/pulse"
	"github.com/causeway-rtc/causeway/web/webtest"
)

// silentHost starts a host with a virtual display and its own sound server,
// on which nothing plays.
func silentHost(t *testing.T, flags ...string) *process {
	t.Helper()
	capturetest.Command(t, nil, "pulseaudio")
	return startHost(t, nil, append([]string{"--virtual", "320x240", "--run", "exec sleep 1000000", "--fps", "20", "--inject", "none"}, flags...)...)
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

// speakers are the loudspeakers of 5.1, in the order of [capture.AudioFrame].
var speakers = proto.ChannelMap{
	proto.ChannelLeft, proto.ChannelRight, proto.ChannelCenter, proto.ChannelLFE, proto.ChannelRearLeft, proto.ChannelRearRight,
}

// play plays a tone until stop is called or the server is gone.
func play(t *testing.T, server string, hz float64) (stop func()) {
	t.Helper()
	return playOn(t, server, hz, proto.ChannelMap{proto.ChannelMono}, 0)
}

// playOn is play on one of several loudspeakers.
func playOn(t *testing.T, server string, hz float64, speakers proto.ChannelMap, on int) (stop func()) {
	t.Helper()
	client, err := pulse.NewClient(pulse.ClientServerString(server))
	if err != nil {
		t.Fatal(err)
	}
	const rate = 48000
	n := 0
	tone := pulse.Int16Reader(func(out []int16) (int, error) {
		clear(out)
		for i := on; i < len(out); i += len(speakers) {
			out[i] = int16(10000 * math.Sin(2*math.Pi*hz*float64(n)/rate))
			n++
		}
		return len(out), nil
	})
	stream, err := client.NewPlayback(tone, pulse.PlaybackSampleRate(rate), pulse.PlaybackChannels(speakers), pulse.PlaybackLatency(0.05))
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
	b.Wait("window.causeway.stream.sound === 'on' && window.causeway.stream.audioNode", patience)
	b.Eval(`(() => {
		const node = causeway.stream.audioNode;
		const context = node ? node.context : new AudioContext();
		const analyser = new AnalyserNode(context, { fftSize: 16384, smoothingTimeConstant: 0 });
		(node ?? context.createMediaStreamSource(causeway.stream.audio.srcObject)).connect(analyser);
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

// ear hears what a page plays, on each of six loudspeakers.
type ear struct {
	t      *testing.T
	source capture.AudioSource
}

func newEar(t *testing.T, server string) *ear {
	t.Helper()
	s, err := cpulse.Backend.Open(t.Context(), capture.AudioOptions{Server: server, Channels: 6})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &ear{t, s}
}

// levels waits until a tone is heard, and returns how much of it there is on
// each loudspeaker (Goertzel), as a part of the loudest.
func (e *ear) levels(hz float64) (levels [6]float64) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	defer cancel()
	const window = 20 // frames
	for heard := false; ; {
		var a, b, c [6]float64
		k := 2 * math.Cos(2*math.Pi*hz/48000)
		for range window {
			f, err := e.source.Next(ctx)
			if err != nil {
				e.t.Fatalf("waiting for %v Hz: %v", hz, err)
			}
			for i, v := range f.Samples {
				n := i % 6
				a[n], b[n] = float64(v)+k*a[n]-b[n], a[n]
			}
		}
		loudest := 0.0
		for n := range c {
			c[n] = math.Sqrt(max(0, a[n]*a[n]+b[n]*b[n]-k*a[n]*b[n])) * 2 / (480 * window)
			loudest = max(loudest, c[n])
		}
		// The first window has the end of what was before in it.
		if loudest < 3000 || !heard {
			heard = loudest >= 3000
			continue
		}
		for n := range c {
			levels[n] = c[n] / loudest
		}
		return levels
	}
}

func TestEachOfSixLoudspeakersIsHeardOnItsOwn(t *testing.T) {
	h := silentHost(t, "--speakers", "5.1")
	server := soundServerOf(h, 1)
	room := capturetest.Speakers(t, 6)
	b := browse(t, h, webtest.Options{Autoplay: true, Sound: room.Server()})
	v := startViewer(t, h.url)
	b.Wait("window.causeway.stream.sound === 'on'", patience)
	e := newEar(t, room.Server())
	for channel := range speakers {
		hz := 50 + 20*float64(channel)
		stop := playOn(t, server, hz, speakers, channel)
		levels := e.levels(hz)
		t.Logf("loudspeaker %d: %.3f", channel, levels)
		for other, level := range levels {
			if want := other == channel; want != (level > 0.5) || !want && level > 0.05 {
				t.Errorf("of what loudspeaker %d plays, %.3f is heard on %d", channel, level, other)
			}
		}
		stop()
	}
	v.wait("a sound", func(s seen) bool { return s.Loudness > 0 })
}

// toneFile writes a second of a tone to a file, as Chromium's fake microphone
// wants it.
func toneFile(t *testing.T, hz float64) string {
	t.Helper()
	const rate = 48000
	wav := append([]byte("RIFF\x00\x00\x00\x00WAVEfmt "), 16, 0, 0, 0, 1, 0, 1, 0)
	wav = binary.LittleEndian.AppendUint32(wav, rate)
	wav = binary.LittleEndian.AppendUint32(wav, 2*rate)
	wav = append(wav, 2, 0, 16, 0, 'd', 'a', 't', 'a')
	wav = binary.LittleEndian.AppendUint32(wav, 2*rate)
	for i := range rate {
		wav = binary.LittleEndian.AppendUint16(wav, uint16(int16(10000*math.Sin(2*math.Pi*hz*float64(i)/rate))))
	}
	binary.LittleEndian.PutUint32(wav[4:], uint32(len(wav)-8))
	name := filepath.Join(t.TempDir(), "tone.wav")
	if err := os.WriteFile(name, wav, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestViewerSpeaksIntoAMicrophoneOfTheHost(t *testing.T) {
	capturetest.Command(t, nil, "pulseaudio")
	h := startHost(t, nil, "--virtual", "320x240", "--run", "exec sleep 1000000", "--fps", "20")
	server := soundServerOf(h, 1)
	b := browse(t, h, webtest.Options{Flags: []string{
		"use-fake-device-for-media-stream", "use-fake-ui-for-media-stream",
		"use-file-for-fake-audio-capture=" + toneFile(t, 500), "disable-features=WebRtcHideLocalIpsWithMdns,ChromeWideEchoCancellation",
	}})
	press := func(label string) {
		t.Helper()
		b.Wait(`document.querySelector('button[aria-label="`+label+`"]') !== null`, patience)
		b.Eval(`document.querySelector('button[aria-label="`+label+`"]').click()`, nil)
	}
	press("Speak to the desktop")
	until(t, "the microphone", func() bool {
		names, err := cpulse.Backend.Sources(t.Context(), capture.AudioOptions{Server: server})
		return err == nil && slices.Contains(names, "causeway_microphone")
	})
	s, err := cpulse.Backend.Open(t.Context(), capture.AudioOptions{Server: server, Source: "causeway_microphone", Channels: 6})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e := &ear{t, s}
	e.levels(500)
	press("Stop speaking to the desktop")
	until(t, "silence", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for {
			if _, err := s.Next(ctx); err != nil {
				return ctx.Err() != nil // a second without a sound
			}
		}
	})
	press("Speak to the desktop")
	e.levels(500)
}
