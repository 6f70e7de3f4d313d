package peer

import (
	"strconv"
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	var c clock
	if _, ok := c.captured("video", 90000, 0, 0); ok {
		t.Error("the clock knows before it was told")
	}
	const offset = 5 * time.Hour
	ping := func(sent, there, back time.Duration) {
		now := sent + there + back
		c.pong(pong{T: []byte(strconv.FormatInt(sent.Microseconds(), 10)), Now: (sent + there + offset).Microseconds(), RTP: map[string]uint32{"video": 4000000000}}, now)
	}
	ping(time.Second, 40*time.Millisecond, 2*time.Millisecond)
	ping(2*time.Second, time.Millisecond, time.Millisecond)
	ping(3*time.Second, 2*time.Millisecond, 70*time.Millisecond)
	if best, ok := c.best(); !ok || best.offset != offset || best.rtt != 2*time.Millisecond {
		t.Errorf("the best is %+v", best)
	}
	captured := 4 * time.Second
	base := uint32(4000000000)
	ts := base + uint32((captured+offset).Microseconds()*90/1000)
	got, ok := c.captured("video", 90000, ts, captured+30*time.Millisecond)
	if d := got - captured; !ok || d.Abs() > 20*time.Microsecond {
		t.Errorf("captured at %v, want %v", got, captured)
	}
	c.pong(pong{T: []byte("1e999"), Now: 1}, 0)
	c.pong(pong{T: []byte("5"), Now: -1}, 0)
	if best, _ := c.best(); best.offset != offset {
		t.Error("nonsense moved the clock")
	}
}
