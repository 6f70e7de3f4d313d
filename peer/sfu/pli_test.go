package sfu

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/webrtc/v4"
)

func TestStormOfRequestsIsOneKeyFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int32
		k := keyframes{send: func() { sent.Add(1) }}
		defer k.close()
		for range 100 {
			k.request()
		}
		if sent.Load() != 1 {
			t.Errorf("%d requests were sent at once, want one", sent.Load())
		}
		time.Sleep(keyframeEvery)
		synctest.Wait()
		if sent.Load() != 2 {
			t.Errorf("%d requests were sent, want one more for those that came too soon", sent.Load())
		}
	})
}

func TestKeyFrameServesThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int32
		k := keyframes{send: func() { sent.Add(1) }}
		defer k.close()
		k.request()
		k.request()
		k.came()
		time.Sleep(2 * keyframeEvery)
		synctest.Wait()
		if sent.Load() != 1 {
			t.Errorf("%d requests were sent, want none after the key frame", sent.Load())
		}
	})
}

func TestFullQueueIsEmptiedAndAKeyFrameAskedFor(t *testing.T) {
	src := &source{kind: webrtc.RTPCodecTypeVideo}
	asked := 0
	l := &layer{source: src}
	l.keys.send = func() { asked++ }
	defer l.keys.close()
	o := newOutput(&publication{kind: webrtc.RTPCodecTypeVideo, source: src}, nil)
	key := frame(l, 0, 0, vp8(true, 0, 0, 0))
	o.push(key)
	for i := range queueLength {
		o.push(frame(l, uint16(i+1), uint32(i+1)*3000, vp8(false, uint16(i+1), 0, 0)))
	}
	if asked != 1 || o.stats.overruns.Load() != 1 {
		t.Errorf("%d key frames were asked for after %d overruns, want one each", asked, o.stats.overruns.Load())
	}
	o.push(frame(l, 600, 0, vp8(false, 600, 0, 0)))
	if n := len(o.take()); n != 0 {
		t.Errorf("%d packets wait, want none before the key frame", n)
	}
	o.push(key)
	if n := len(o.take()); n != 1 {
		t.Errorf("%d packets wait, want the key frame", n)
	}
}
