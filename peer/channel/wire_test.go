package channel

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"
)

// examples reads the lines of PROTOCOL.md's last section: a name, bytes in
// hex, and a remark behind two spaces.
func examples(t testing.TB) map[string][]byte {
	t.Helper()
	doc, err := os.ReadFile("../signal/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(doc), "## Named channels")
	if !ok {
		t.Fatal("PROTOCOL.md has no named channels")
	}
	_, section, ok = strings.Cut(section, "### Examples")
	if !ok {
		t.Fatal("PROTOCOL.md has no examples")
	}
	section, _, _ = strings.Cut(section, "\n#")
	found := map[string][]byte{}
	for line := range strings.Lines(section) {
		code, ok := strings.CutPrefix(line, "    ")
		if !ok {
			continue
		}
		name, rest, _ := strings.Cut(strings.TrimSpace(code), " ")
		digits, _, _ := strings.Cut(strings.TrimSpace(rest), "  ")
		b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		found[name] = b
	}
	return found
}

func TestProtocolExamplesBothWays(t *testing.T) {
	want := map[string]struct {
		header
		chunk string
	}{
		"text":     {header{kindText, 1, 0, 1}, "hi"},
		"bytes":    {header{kindBytes, 2, 0, 1}, "\x00\xff"},
		"request":  {header{kindRequest, 3, 0, 1}, "ping"},
		"response": {header{kindResponse, 3, 0, 1}, "pong"},
		"failure":  {header{kindFailure, 3, 0, 1}, "no"},
		"credit":   {header{kindCredit, creditEvery, 0, 1}, ""},
	}
	got := examples(t)
	if len(got) != len(want) {
		t.Errorf("%d examples, want %d", len(got), len(want))
	}
	for name, w := range want {
		h, chunk, err := parse(got[name])
		if err != nil || h != w.header || string(chunk) != w.chunk {
			t.Errorf("%s: parse = %+v, %q, %v", name, h, chunk, err)
		}
		if b := append(w.append(nil), w.chunk...); !bytes.Equal(b, got[name]) {
			t.Errorf("%s: appended %x, want %x", name, b, got[name])
		}
	}
}

// mute is a Raw that goes nowhere.
type mute struct {
	sent   [][]byte
	keep   bool
	closed int
}

func (m *mute) Send(b []byte) error {
	if m.keep {
		m.sent = append(m.sent, bytes.Clone(b))
	}
	return nil
}
func (m *mute) BufferedAmount() uint64               { return 0 }
func (m *mute) SetBufferedAmountLowThreshold(uint64) {}
func (m *mute) OnBufferedAmountLow(func())           {}
func (m *mute) Close() error                         { m.closed++; return nil }

// chunk makes one of n bytes.
func chunk(kind byte, number uint32, index, count uint16, n int) []byte {
	return append(header{kind, number, index, count}.append(nil), bytes.Repeat([]byte("a"), n)...)
}

func TestWhatBreaksTheRulesEndsTheChannel(t *testing.T) {
	const both, reliable, unreliable = "both", string(Reliable), string(Unreliable)
	cases := map[string]struct {
		mode   string
		chunks [][]byte
	}{
		"no header":                  {both, [][]byte{make([]byte, headerSize-1)}},
		"kind 0":                     {both, [][]byte{chunk(0, 1, 0, 1, 1)}},
		"kind 7":                     {both, [][]byte{chunk(7, 1, 0, 1, 1)}},
		"no chunks":                  {both, [][]byte{chunk(kindBytes, 1, 0, 0, 1)}},
		"index beyond the count":     {both, [][]byte{chunk(kindBytes, 1, 2, 2, 1)}},
		"long chunk":                 {both, [][]byte{chunk(kindBytes, 1, 0, 1, maxChunk+1)}},
		"empty chunk of several":     {both, [][]byte{chunk(kindBytes, 1, 0, 2, 0)}},
		"long message":               {both, [][]byte{chunk(kindBytes, 1, 0, 1050, maxChunk)}},
		"another count":              {both, [][]byte{chunk(kindBytes, 1, 0, 3, 2), chunk(kindBytes, 1, 1, 4, 2)}},
		"another kind":               {both, [][]byte{chunk(kindBytes, 1, 0, 3, 2), chunk(kindText, 1, 1, 3, 2)}},
		"another length":             {both, [][]byte{chunk(kindBytes, 1, 0, 3, 2), chunk(kindBytes, 1, 1, 3, 1)}},
		"last is longer":             {both, [][]byte{chunk(kindBytes, 1, 0, 2, 2), chunk(kindBytes, 1, 1, 2, 3)}},
		"last is longer, first":      {unreliable, [][]byte{chunk(kindBytes, 1, 1, 2, 3), chunk(kindBytes, 1, 0, 2, 2)}},
		"the same chunk":             {both, [][]byte{chunk(kindBytes, 1, 0, 3, 2), chunk(kindBytes, 1, 1, 3, 2), chunk(kindBytes, 1, 1, 3, 2)}},
		"the last chunk twice":       {unreliable, [][]byte{chunk(kindBytes, 1, 2, 3, 2), chunk(kindBytes, 1, 2, 3, 2)}},
		"text that is none":          {both, [][]byte{append(header{kindText, 1, 0, 1}.append(nil), 0xff)}},
		"answer to nothing":          {both, [][]byte{chunk(kindResponse, 1, 0, 1, 1)}},
		"credit with bytes":          {both, [][]byte{chunk(kindCredit, 0, 0, 1, 1)}},
		"credit beyond what is sent": {both, [][]byte{chunk(kindCredit, 1, 0, 1, 0)}},
		"credit going backwards":     {both, [][]byte{chunk(kindCredit, 1<<32-1, 0, 1, 0)}},
		"credit":                     {unreliable, [][]byte{chunk(kindCredit, 0, 0, 1, 0)}},
		"number 2 first":             {reliable, [][]byte{chunk(kindBytes, 2, 0, 1, 1)}},
		"number 1 twice":             {reliable, [][]byte{chunk(kindBytes, 1, 0, 1, 1), chunk(kindBytes, 1, 0, 1, 1)}},
		"chunk 1 first":              {reliable, [][]byte{chunk(kindBytes, 1, 1, 2, 1)}},
		"chunk 2 after 0":            {reliable, [][]byte{chunk(kindBytes, 1, 0, 3, 1), chunk(kindBytes, 1, 2, 3, 1)}},
		"chunk of another message":   {reliable, [][]byte{chunk(kindBytes, 1, 0, 3, 1), chunk(kindBytes, 2, 1, 3, 1)}},
	}
	for name, test := range cases {
		for _, mode := range []Mode{Reliable, Unreliable} {
			if test.mode != both && test.mode != string(mode) {
				continue
			}
			raw, budget := &mute{}, NewBudget(0)
			c := New(raw, Options{Mode: mode, Budget: budget})
			for i, b := range test.chunks {
				if c.Err() != nil {
					t.Errorf("%s, %s: ended before chunk %d: %v", name, mode, i, c.Err())
				}
				c.Receive(bytes.Clone(b))
			}
			if !errors.Is(c.Err(), ErrProtocol) || raw.closed != 1 {
				t.Errorf("%s, %s: %v, closed %d times", name, mode, c.Err(), raw.closed)
			}
			if err := c.Close(); err != nil || budget.Held() != 0 {
				t.Errorf("%s, %s: Close = %v, %d bytes are held", name, mode, err, budget.Held())
			}
		}
	}
}

// The longest message has a chunk that is not full; with one that is, it
// would be too long.
func TestMessageTooLongByLessThanAChunk(t *testing.T) {
	const count = (MaxMessage + maxChunk - 1) / maxChunk
	for _, last := range []int{MaxMessage - (count-1)*maxChunk, MaxMessage - (count-1)*maxChunk + 1} {
		c := New(&mute{}, Options{})
		for i := range uint16(count - 1) {
			c.Receive(chunk(kindBytes, 1, i, count, maxChunk))
		}
		c.Receive(chunk(kindBytes, 1, count-1, count, last))
		if tooLong := (count-1)*maxChunk+last > MaxMessage; tooLong != errors.Is(c.Err(), ErrProtocol) {
			t.Errorf("last chunk of %d: %v", last, c.Err())
		}
		_ = c.Close()
	}
}

func TestMoreThanTheCreditEndsTheChannel(t *testing.T) {
	c := New(&mute{}, Options{})
	defer func() { _ = c.Close() }()
	n := uint32(0)
	for ; n < window/overhead; n++ {
		c.Receive(chunk(kindBytes, n+1, 0, 1, 0))
	}
	if c.Err() != nil {
		t.Fatalf("ended within the credit: %v", c.Err())
	}
	c.Receive(chunk(kindBytes, n+1, 0, 1, 0))
	if !errors.Is(c.Err(), ErrProtocol) {
		t.Error("messages without a length are not counted")
	}
}

func TestBudgetIsShared(t *testing.T) {
	budget := NewBudget(0)
	lossy := New(&mute{}, Options{Budget: budget, Mode: Unreliable})
	for n := uint32(0); n < 20; n++ {
		lossy.Receive(chunk(kindBytes, n+1, 0, 100, maxChunk))
	}
	all := []*Channel{lossy}
	for range 4 {
		c := New(&mute{}, Options{Budget: budget})
		all = append(all, c)
		for n := uint32(0); n < 1000; n++ {
			c.Receive(chunk(kindBytes, n+1, 0, 1, maxChunk))
		}
	}
	for i, c := range all {
		// What the lossy channel put together gave way to nobody.
		if ended := errors.Is(c.Err(), ErrBudget); ended != (i == 4) {
			t.Errorf("channel %d: %v", i, c.Err())
		}
	}
	if budget.Held() > DefaultBudget {
		t.Errorf("%d bytes are held", budget.Held())
	}
	for _, c := range all {
		_ = c.Close()
	}
	if budget.Held() != 0 {
		t.Errorf("%d bytes are held by nobody", budget.Held())
	}
}

func TestSmallMessagesDoNotAllocate(t *testing.T) {
	raw := &mute{}
	a := New(raw, Options{})
	b := New(raw, Options{})
	ctx, data := t.Context(), []byte("hello")
	n := uint32(0)
	buffer := make([]byte, 0, 64)
	allocs := testing.AllocsPerRun(1000, func() {
		n++
		if err := a.Send(ctx, data); err != nil {
			t.Fatal(err)
		}
		b.Receive(append(header{kindBytes, n, 0, 1}.append(buffer), data...))
		if _, err := b.Next(ctx); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 1 {
		t.Errorf("%v allocations for each message", allocs)
	}
}
