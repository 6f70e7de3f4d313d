package events_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/causeway-rtc/causeway/peer/events"
)

type (
	opened struct{ id string }
	closed struct{}
)

func TestListenersHearTheirType(t *testing.T) {
	var h events.Hub
	var got []string
	off := events.On(&h, func(e opened) { got = append(got, "a"+e.id) })
	events.Once(&h, func(e opened) { got = append(got, "b"+e.id) })
	events.On(&h, func(closed) { got = append(got, "closed") })
	events.Emit(&h, opened{"1"})
	events.Emit(&h, opened{"2"})
	off()
	events.Emit(&h, opened{"3"})
	events.Emit(&h, closed{})
	events.Emit(&h, 7) // nobody listens
	if want := []string{"a1", "b1", "a2", "closed"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if events.Heard[opened](&h) || !events.Heard[closed](&h) {
		t.Error("Heard is wrong")
	}
}

func TestListenersMayLeaveWithinACall(t *testing.T) {
	var h events.Hub
	n := 0
	var off func()
	off = events.On(&h, func(int) { n++; off() })
	events.On(&h, func(int) { n += 10 })
	events.Emit(&h, 1)
	events.Emit(&h, 2)
	if n != 21 {
		t.Error(fmt.Sprint(n, ", want 21"))
	}
}
