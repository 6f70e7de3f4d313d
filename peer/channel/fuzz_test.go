package channel

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"
)

// FuzzReceive sends hostile chunks: b is cut into them by lengths of two
// bytes. Their text is lengthened, so that short input makes long messages.
func FuzzReceive(f *testing.F) {
	script := func(chunks ...[]byte) (all []byte) {
		for _, c := range chunks {
			all = binary.BigEndian.AppendUint16(all, uint16(len(c)))
			all = append(all, c...)
		}
		return all
	}
	var one [][]byte
	for _, b := range examples(f) {
		one = append(one, b)
	}
	slices.SortFunc(one, func(a, b []byte) int { return int(a[0]) - int(b[0]) })
	for _, reliable := range []bool{false, true} {
		f.Add(reliable, uint16(0), script(one...))
		f.Add(reliable, uint16(0), script(chunk(kindBytes, 1, 0, 2, 3), chunk(kindBytes, 1, 1, 2, 2)))
		f.Add(reliable, uint16(15_000), script(chunk(kindText, 1, 1, 2, 3), chunk(kindText, 1, 0, 2, 3), chunk(kindRequest, 2, 0, 1000, 9)))
	}
	f.Fuzz(func(t *testing.T, reliable bool, longer uint16, b []byte) {
		mode := Unreliable
		if reliable {
			mode = Reliable
		}
		budget := NewBudget(0)
		c := New(&mute{}, Options{Mode: mode, Budget: budget})
		c.calls.add(&call{number: 3, answer: make(chan message, 1)})
		c.number, c.sent = 3, 1<<20
		longer %= 20_000
		for i := 0; len(b) >= 2 && i < 2000; i++ {
			n := min(int(binary.BigEndian.Uint16(b)), len(b)-2)
			msg := append(slices.Clone(b[2:2+n]), make([]byte, longer)...)
			b = b[2+n:]
			c.Receive(msg)
			if held := budget.Held(); held > DefaultBudget || held < 0 {
				t.Fatalf("%d bytes are held", held)
			}
			if len(c.in.all) > maxAssemblies || reliable && (len(c.in.all) > 1 || c.held > window && c.Err() == nil) {
				t.Fatalf("%d messages are put together, %d bytes are not taken", len(c.in.all), c.held)
			}
			if i%3 == 0 {
				if m, ok, _ := c.pop(); ok && len(m.Data) > MaxMessage {
					t.Fatalf("a message of %d bytes", len(m.Data))
				}
			}
		}
		if err := c.Err(); err != nil && !errors.Is(err, ErrProtocol) && !errors.Is(err, ErrBudget) {
			t.Fatal(err)
		}
		_ = c.Close()
		if budget.Held() != 0 || c.in.cost != 0 {
			t.Fatalf("%d bytes are held by nobody, %d by messages", budget.Held(), c.in.cost)
		}
	})
}
