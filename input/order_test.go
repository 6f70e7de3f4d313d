package input

import (
	"math"
	"reflect"
	"testing"
)

func TestOrder(t *testing.T) {
	move := func(seq, x uint16) Move { return Move{Seq: seq, X: x} }
	click := func(seq, x uint16) Button { return Button{Button: 1, Down: true, At: true, Seq: seq, X: x} }
	cases := map[string]struct{ in, want []Event }{
		"late and doubled moves are dropped": {
			[]Event{move(1, 10), move(3, 30), move(2, 20), move(3, 30), move(4, 40)},
			[]Event{move(1, 10), move(3, 30), move(4, 40)},
		},
		"numbers wrap": {
			[]Event{move(65535, 1), move(0, 2), move(65534, 3), move(1, 4)},
			[]Event{move(65535, 1), move(0, 2), move(1, 4)},
		},
		"sums become distances and mend a loss": {
			[]Event{Motion{Seq: 1, X: 5, Y: 1}, Motion{Seq: 4, X: 25, Y: -1}, Motion{Seq: 2, X: 9}},
			[]Event{Nudge{DX: 5, DY: 1}, Nudge{DX: 20, DY: -2}},
		},
		"sums wrap": {
			[]Event{Motion{Seq: 1, X: math.MaxInt32}, Motion{Seq: 2, X: math.MinInt32 + 2}},
			[]Event{Nudge{DX: math.MaxInt32}, Nudge{DX: 3}},
		},
		"no distance is no event": {
			[]Event{Motion{Seq: 1, X: 5}, Motion{Seq: 2, X: 5}},
			[]Event{Nudge{DX: 5}},
		},
		"a click is not undone by a late move": {
			[]Event{move(1, 10), click(3, 30), move(2, 20), move(3, 30), move(4, 40)},
			[]Event{move(1, 10), click(3, 30), move(4, 40)},
		},
		"a click that a move overtook happens at its place": {
			[]Event{move(1, 10), move(2, 20), click(1, 10)},
			[]Event{move(1, 10), move(2, 20), click(1, 10), move(2, 20)},
		},
		"a click without a place numbers nothing": {
			[]Event{Button{Button: 1, Down: true, Seq: 9}, Motion{Seq: 3, X: 4}},
			[]Event{Button{Button: 1, Down: true, Seq: 9}, Nudge{DX: 4}},
		},
		"the rest passes": {
			[]Event{Key{Code: 30}, Wheel{DY: 1}, Text{Text: "a"}, Release{}},
			[]Event{Key{Code: 30}, Wheel{DY: 1}, Text{Text: "a"}, Release{}},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var o Order
			var got []Event
			for _, e := range c.in {
				got = o.Next(got, e)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %#v\nwant %#v", got, c.want)
			}
		})
	}
}
