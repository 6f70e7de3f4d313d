package channel_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/causeway-rtc/causeway/peer/channel"
)

// TestLostChunkDropsOneMessage loses the middle of the second message.
func TestLostChunkDropsOneMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, channel.Options{Mode: channel.Unreliable})
		p.ab.lose = func(b []byte) bool {
			return binary.BigEndian.Uint32(b[1:]) == 2 && binary.BigEndian.Uint16(b[5:]) == 1
		}
		p.start(t)
		for i := range 20 {
			if err := p.a.Send(t.Context(), pattern(40_000+i)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 20 {
			if i == 1 {
				continue
			}
			if m := next(t, p.b); !bytes.Equal(m.Data, pattern(40_000+i)) {
				t.Errorf("message %d has %d bytes", i+1, len(m.Data))
			}
		}
		if p.a.Err() != nil || p.b.Err() != nil {
			t.Error(p.a.Err(), p.b.Err())
		}
	})
}

// Whatever is lost and late, what arrives is whole.
func TestLossAndReordering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := channel.Options{Mode: channel.Unreliable, Budget: channel.NewBudget(0)}
		p := newPair(t, o)
		rnd := rand.New(rand.NewPCG(1, 2))
		p.ab.lose = func([]byte) bool { return rnd.IntN(50) == 0 }
		p.ab.late = func([]byte) bool { return rnd.IntN(3) == 0 }
		p.start(t)
		const all = 500
		arrived := 0
		for i := range all {
			data := pattern(i * 200)
			if err := p.a.Send(t.Context(), data); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			for {
				m, err := p.b.Next(canceled(t))
				if errors.Is(err, context.Canceled) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				arrived++
				if !bytes.Equal(m.Data, pattern(len(m.Data))) || len(m.Data)%200 != 0 {
					t.Errorf("a message of %d bytes is not what was sent", len(m.Data))
				}
			}
		}
		if arrived < all/2 || arrived == all {
			t.Errorf("%d of %d arrived", arrived, all)
		}
		if p.b.Err() != nil {
			t.Error(p.b.Err())
		}
	})
}

func TestUnreliableSendNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := started(t, channel.Options{Mode: channel.Unreliable})
		p.ab.stop(true)
		var err error
		for n := 0; err == nil && n < 10<<20; n += 100_000 {
			err = p.a.Send(t.Context(), make([]byte, 100_000))
		}
		if !errors.Is(err, channel.ErrDropped) {
			t.Fatal(err)
		}
		if _, err := p.a.Request(t.Context(), nil); !errors.Is(err, channel.ErrDropped) {
			t.Fatal(err)
		}
		p.ab.stop(false)
		synctest.Wait()
		if err := p.a.Send(t.Context(), nil); err != nil {
			t.Error(err)
		}
	})
}

func TestUnreliableDropsWhatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := channel.Options{Mode: channel.Unreliable, Budget: channel.NewBudget(0)}
		p := started(t, o)
		for range 100 {
			if err := p.a.Send(t.Context(), pattern(100_000)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if held := o.Budget.Held(); held < 4<<20 || held > 5<<20 {
			t.Errorf("%d bytes wait", held)
		}
		// Answers do not wait, so they are not dropped either.
		done := make(chan error)
		go func() { done <- next(t, p.a).Respond(t.Context(), []byte("pong")) }()
		if b, err := p.b.Request(t.Context(), []byte("ping")); err != nil || string(b) != "pong" {
			t.Error(b, err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if m := next(t, p.b); !bytes.Equal(m.Data, pattern(100_000)) {
			t.Error("the oldest is not the first")
		}
	})
}
