package auth_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/causeway-rtc/causeway/peer/auth"
)

func TestToken(t *testing.T) {
	a, b := auth.NewToken(), auth.NewToken()
	if len(a) != 24 || a == b {
		t.Errorf("tokens %q and %q", a, b)
	}
	if !a.Equal(string(a)) || a.Equal(string(b)) || a.Equal("") || auth.Token("").Equal("") {
		t.Error("tokens compare wrongly")
	}
}

func TestGuardThrottlesAnAddressUntilItCools(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		token := auth.NewToken()
		g := auth.NewGuard(token, auth.Options{})
		for range 10 {
			if err := g.Check("192.0.2.1", "guess"); !errors.Is(err, auth.ErrWrong) {
				t.Fatalf("a guess: %v", err)
			}
		}
		throttled, ok := errors.AsType[*auth.ThrottledError](g.Check("192.0.2.1", string(token)))
		if !ok || throttled.RetryAfter != time.Minute {
			t.Fatalf("after ten guesses: %v", throttled)
		}
		if err := g.Check("192.0.2.2", string(token)); err != nil {
			t.Errorf("another address: %v", err)
		}
		time.Sleep(time.Minute)
		if err := g.Check("192.0.2.1", string(token)); err != nil {
			t.Errorf("after a minute: %v", err)
		}
	})
}

func TestGuardGroupsAddresses(t *testing.T) {
	g := auth.NewGuard("right", auth.Options{Tries: 2})
	for i := range 2 {
		_ = g.Check(fmt.Sprintf("2001:db8::%d", i), "wrong")
		_ = g.Check([]string{"192.0.2.1", "::ffff:192.0.2.1"}[i], "wrong")
	}
	for addr, throttled := range map[string]bool{"2001:db8::7": true, "2001:db8:0:1::7": false, "192.0.2.1": true} {
		if _, ok := errors.AsType[*auth.ThrottledError](g.Check(addr, "right")); ok != throttled {
			t.Errorf("%s is throttled: %v, want %v", addr, ok, throttled)
		}
	}
	for range 50 {
		if err := g.Check("", "wrong"); !errors.Is(err, auth.ErrWrong) {
			t.Fatalf("without an address: %v", err)
		}
	}
}

func TestGuardForgetsTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := auth.NewGuard("right", auth.Options{Tries: 1, Addresses: 2, Window: time.Hour})
		for _, addr := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"} {
			_ = g.Check(addr, "wrong")
			time.Sleep(time.Second)
		}
		if err := g.Check("192.0.2.1", "right"); err != nil {
			t.Errorf("the oldest is remembered: %v", err)
		}
		if err := g.Check("192.0.2.3", "right"); err == nil {
			t.Error("the newest is forgotten")
		}
	})
}
