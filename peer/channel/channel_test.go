package channel_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/causeway-rtc/causeway/peer/channel"
)

// longest is as many bytes as a message may have, different everywhere.
var longest = sync.OnceValue(func() []byte {
	b := make([]byte, channel.MaxMessage)
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], uint64(i/8)*0x9E3779B97F4A7C15)
	}
	return b
})

// pattern is the first n of these bytes, which all tests share.
func pattern(n int) []byte { return longest()[:n:n] }

// next takes a message that must come.
func next(t *testing.T, c *channel.Channel) channel.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	m, err := c.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// started is a pair over a network without loss.
func started(t *testing.T, o channel.Options) *pair {
	t.Helper()
	p := newPair(t, o)
	p.start(t)
	return p
}

// exchange sends messages of many lengths from a to b.
func exchange(t *testing.T, a, b *channel.Channel, sizes ...int) {
	t.Helper()
	var sending sync.WaitGroup
	defer sending.Wait()
	sending.Go(func() {
		for _, n := range sizes {
			if err := a.Send(t.Context(), pattern(n)); err != nil {
				t.Errorf("%d bytes: %v", n, err)
			}
		}
	})
	for _, n := range sizes {
		if m := next(t, b); m.Text || m.IsRequest() || !bytes.Equal(m.Data, pattern(n)) {
			t.Errorf("%d bytes arrived as %d", n, len(m.Data))
		}
	}
}

func TestMessagesOfEveryLengthArrive(t *testing.T) {
	t.Parallel()
	p := started(t, channel.Options{})
	sizes := []int{0, 1, 15_999, 16_000, 16_001, 32_000, 5_000_000, channel.MaxMessage, channel.MaxMessage, 3}
	exchange(t, p.a, p.b, sizes...)
	exchange(t, p.b, p.a, sizes...)
	if err := p.a.SendText(t.Context(), "grüezi"); err != nil {
		t.Fatal(err)
	}
	if m := next(t, p.b); !m.Text || string(m.Data) != "grüezi" {
		t.Errorf("text arrived as %+v", m)
	}
	if err := p.a.Send(t.Context(), make([]byte, channel.MaxMessage+1)); !errors.Is(err, channel.ErrTooLong) {
		t.Errorf("a message that is too long: %v", err)
	}
	if err := p.a.SendText(t.Context(), "\xff"); !errors.Is(err, channel.ErrNotUTF8) {
		t.Errorf("text that is none: %v", err)
	}
	if err := p.a.Err(); err != nil {
		t.Error(err)
	}
}

func TestRequestsAreAnswered(t *testing.T) {
	t.Parallel()
	p := started(t, channel.Options{Label: "files"})
	done := make(chan struct{})
	go func() {
		defer close(done)
		m := next(t, p.b)
		if !m.IsRequest() || string(m.Data) != "ping" {
			t.Errorf("the request is %+v", m)
		}
		if err := m.Respond(t.Context(), make([]byte, channel.MaxMessage+1)); !errors.Is(err, channel.ErrTooLong) {
			t.Error(err)
		}
		if err := m.Respond(t.Context(), pattern(5_000_000)); err != nil {
			t.Error(err)
		}
		if err := m.Fail(t.Context(), "again"); !errors.Is(err, channel.ErrAnswered) {
			t.Error(err)
		}
		if err := next(t, p.b).Fail(t.Context(), "not \xffon a Sunday"); err != nil {
			t.Error(err)
		}
	}()
	if b, err := p.a.Request(t.Context(), []byte("ping")); err != nil || !bytes.Equal(b, pattern(5_000_000)) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	_, err := p.a.Request(t.Context(), nil)
	failure, ok := errors.AsType[*channel.FailureError](err)
	if !ok || failure.Text != "not \uFFFDon a Sunday" || !strings.Contains(err.Error(), `channel "files"`) {
		t.Errorf("failed with %v", err)
	}
	<-done
	if err := (channel.Message{}).Respond(t.Context(), nil); !errors.Is(err, channel.ErrNotRequest) {
		t.Error(err)
	}
}

func TestRequestTimesOutAndALateAnswerIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := started(t, channel.Options{})
		begin := time.Now()
		_, err := p.a.Request(t.Context(), []byte("ping"))
		if took := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || took != 30*time.Second {
			t.Fatalf("%v after %v", err, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.a.Request(ctx, []byte("ping")); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		first, second := next(t, p.b), next(t, p.b)
		for _, m := range []channel.Message{second, first} {
			if err := m.Respond(t.Context(), []byte("late")); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if err := p.a.Err(); err != nil {
			t.Error(err)
		}
	})
}

func TestManyLateAnswersAreIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := started(t, channel.Options{MaxRequests: 2000})
		var asking sync.WaitGroup
		for range 2000 {
			asking.Go(func() { _, _ = p.a.Request(t.Context(), nil) })
		}
		asking.Wait()
		for range 2000 {
			if err := next(t, p.b).Respond(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if err := p.a.Err(); err != nil {
			t.Error(err)
		}
	})
}

func TestRequestsUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	const all, limit = 10_000, 64
	p := started(t, channel.Options{MaxRequests: limit})
	var open atomic.Int32
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() {
		for range all {
			m := next(t, p.b)
			if n := open.Add(1); n > limit {
				t.Errorf("%d requests are under way", n)
			}
			work.Go(func() {
				open.Add(-1)
				if err := m.Respond(t.Context(), m.Data); err != nil {
					t.Error(err)
				}
			})
		}
	})
	// However busy the machine is, what nobody forgets is answered.
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var asking sync.WaitGroup
	for i := range all {
		asking.Go(func() {
			want := fmt.Sprint(i)
			if b, err := p.a.Request(ctx, []byte(want)); err != nil || string(b) != want {
				t.Errorf("%s was answered %q, %v", want, b, err)
			}
		})
	}
	asking.Wait()
}

// fill sends messages of n bytes until there is no more room, and returns how
// many there was room for. It runs in a bubble.
func fill(t *testing.T, c *channel.Channel, n int) int {
	t.Helper()
	for i := 0; ; i++ {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		err := c.Send(ctx, make([]byte, n))
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return i
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestSlowReaderStopsOnlyItsOwnChannel(t *testing.T) {
	for _, size := range []int{0, 1000, 1 << 20} {
		synctest.Test(t, func(t *testing.T) {
			o := channel.Options{Budget: channel.NewBudget(0)}
			slow, other := started(t, o), started(t, o)
			n := fill(t, slow.a, size)
			if held := o.Budget.Held(); n == 0 || held > 18<<20 {
				t.Errorf("%d messages of %d bytes are %d bytes", n, size, held)
			}
			exchange(t, other.a, other.b, 5_000_000)
			exchange(t, slow.b, slow.a, 5_000_000)
			for range n {
				if m := next(t, slow.b); len(m.Data) != size {
					t.Fatalf("a message of %d bytes", len(m.Data))
				}
			}
			exchange(t, slow.a, slow.b, channel.MaxMessage, size)
			if held := o.Budget.Held(); held != 0 {
				t.Errorf("%d bytes are still held", held)
			}
		})
	}
}

func TestMessageThatIsGivenUpDoesNotArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := started(t, channel.Options{})
		for range 100 { // as much as five windows of credit
			p.ab.stop(true)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			err := p.a.Send(ctx, pattern(5_000_000))
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			p.ab.stop(false)
			exchange(t, p.a, p.b, 20_000)
		}
		if _, err := p.a.Request(canceled(t), nil); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestCloseEndsWhatWaits(t *testing.T) {
	ways := map[string]struct {
		end  func(p *pair)
		want error // that of a, which waits
	}{
		"close":                   {func(p *pair) { _ = p.a.Close() }, net.ErrClosed},
		"close by the other side": {func(p *pair) { _ = p.b.Close() }, io.EOF},
		"breach":                  {func(p *pair) { p.a.Receive(nil) }, channel.ErrProtocol},
	}
	for name, way := range ways {
		synctest.Test(t, func(t *testing.T) {
			p := started(t, channel.Options{MaxRequests: 1})
			var waiting sync.WaitGroup
			wait := func(what string, f func() error) {
				waiting.Go(func() {
					if err := f(); !errors.Is(err, way.want) {
						t.Errorf("%s: %s: %v", name, what, err)
					}
				})
				synctest.Wait()
			}
			wait("request", func() error { _, err := p.a.Request(t.Context(), nil); return err })
			wait("request that waits for that", func() error { _, err := p.a.Request(t.Context(), nil); return err })
			fill(t, p.a, 1<<20)
			wait("send", func() error { return p.a.Send(t.Context(), pattern(1<<20)) })
			wait("send that waits for that", func() error { return p.a.Send(t.Context(), nil) })
			wait("next", func() error { _, err := p.a.Next(t.Context()); return err })
			way.end(p)
			waiting.Wait()
			<-p.a.Done()
			if err := p.a.Err(); !errors.Is(err, way.want) {
				t.Errorf("%s: Err = %v", name, err)
			}
		})
	}
}

// What was sent before the channel was closed is read.
func TestMessagesOutliveTheChannel(t *testing.T) {
	t.Parallel()
	p := started(t, channel.Options{})
	for range 3 {
		if err := p.a.Send(t.Context(), pattern(100)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(p.a.Close(), p.a.Close()); err != nil {
		t.Fatal(err)
	}
	<-p.b.Done()
	for range 3 {
		next(t, p.b)
	}
	if _, err := p.b.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}
