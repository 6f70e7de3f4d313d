package calls

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheFirstDecisionStands(t *testing.T) {
	accepted, refused := newAsked("a", "1"), newAsked("a", "2")
	answered := 0
	if !accepted.Accept(func() { answered++ }) || accepted.Accept(func() { answered++ }) || answered != 1 {
		t.Errorf("it was answered %d times", answered)
	}
	accepted.Refuse("why")
	refused.Refuse("why")
	if accepted.Refused() || !refused.Refused() || refused.reason != "why" || refused.Accept(func() {}) {
		t.Error("a later decision counts")
	}
	ours := NewLife(Key{"a", "3"}, true, discard)
	if ours.Refuse(nil); ours.Refused() || ours.Accept(func() {}) {
		t.Error("what we have asked for does not ring here")
	}
	ended := newAsked("a", "4")
	ended.End(ErrHungUp)
	if ended.End(net.ErrClosed); ended.Accept(func() {}) || ended.Err() != ErrHungUp {
		t.Errorf("%v", ended.Err())
	}
}

func TestRingingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newAsked("a", "1")
		if decided, err := l.Ring(time.Minute); decided || err == nil {
			t.Error("nobody has answered", decided, err)
		}
		time.AfterFunc(time.Second, func() { l.Accept(func() {}) })
		if decided, err := l.Ring(time.Minute); !decided || err != nil {
			t.Error(decided, err)
		}
		l = newAsked("a", "2")
		time.AfterFunc(time.Second, func() { l.End(ErrHungUp) })
		if decided, err := l.Ring(time.Minute); decided || err != nil {
			t.Error(decided, err)
		}
	})
}

func TestWaitEndsWhatDoesNotComeToBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := 0
		l := NewLife(Key{"a", "1"}, true, discard)
		go l.Open(func() { told++ })
		if err := l.Wait(t.Context(), l.End); err != nil || !l.Opened() {
			t.Error(err)
		}
		l.Open(func() { told++ })
		if told != 1 {
			t.Errorf("it was told %d times", told)
		}
		l = NewLife(Key{"a", "2"}, true, discard)
		go func() {
			<-l.Context().Done()
			l.Finish()
		}()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.Wait(ctx, l.End); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		l.Close()
	})
}
