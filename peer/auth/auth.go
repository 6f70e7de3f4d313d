package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

// Token is a secret of 144 random bits in the URL-safe alphabet of base64.
type Token string

// NewToken makes a token. It never fails: crypto/rand ends the program where
// there is no randomness.
func NewToken() Token {
	b := make([]byte, 18)
	_, _ = rand.Read(b)
	return Token(base64.RawURLEncoding.EncodeToString(b))
}

// Equal compares in a time that tells nothing of either. The empty token
// equals none.
func (t Token) Equal(s string) bool {
	a, b := sha256.Sum256([]byte(t)), sha256.Sum256([]byte(s))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && t != ""
}

// LogValue keeps the token out of logs.
func (Token) LogValue() slog.Value { return slog.StringValue("[token]") }

// ErrWrong is the error of a token that is wrong or missing.
var ErrWrong = errors.New("wrong or missing token")

// ThrottledError is the error of an address that tried too often.
type ThrottledError struct {
	// RetryAfter is how long it has to wait.
	RetryAfter time.Duration
}

// Error says how long to wait.
func (e *ThrottledError) Error() string {
	return fmt.Sprintf("too many wrong tokens; try again in %d s", int(e.RetryAfter.Seconds()+0.999))
}

// Options tunes a [Guard]. The zero value serves.
type Options struct {
	// Tries is how many wrong tokens an address has within Window. Zero
	// means 10 in a minute.
	Tries  int
	Window time.Duration
	// Addresses bounds how many addresses are remembered. Zero means 4096.
	// When there are more, the one whose window began first is forgotten.
	Addresses int
}

// Guard checks tokens. Its methods may be called from any goroutine.
type Guard struct {
	token Token
	o     Options

	mu    sync.Mutex
	tries map[string]*tries
}

type tries struct {
	wrong int
	since time.Time
}

// NewGuard guards with token. An empty one lets nobody in.
func NewGuard(token Token, o Options) *Guard {
	if o.Tries <= 0 {
		o.Tries = 10
	}
	if o.Window <= 0 {
		o.Window = time.Minute
	}
	if o.Addresses <= 0 {
		o.Addresses = 4096
	}
	return &Guard{token: token, o: o, tries: map[string]*tries{}}
}

// Check returns nil for the right token, [ErrWrong] for another, and a
// [*ThrottledError], whatever the token, for an address with too many wrong
// ones. IPv6 addresses count by their /64, which one person has. An empty
// address, of a peer that a far broker vouches for, is never throttled: it
// stands for everybody, and the token is too long to guess.
func (g *Guard) Check(addr, token string) error {
	key := group(addr)
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	t := g.tries[key]
	if t != nil && now.Sub(t.since) >= g.o.Window {
		delete(g.tries, key)
		t = nil
	}
	if t != nil && t.wrong >= g.o.Tries {
		return &ThrottledError{RetryAfter: t.since.Add(g.o.Window).Sub(now)}
	}
	if g.token.Equal(token) {
		delete(g.tries, key)
		return nil
	}
	if key == "" {
		return ErrWrong
	}
	if t == nil {
		if len(g.tries) >= g.o.Addresses {
			g.forget(now)
		}
		t = &tries{since: now}
		g.tries[key] = t
	}
	if t.wrong++; t.wrong == g.o.Tries {
		t.since = now // the wait is a whole window
	}
	return ErrWrong
}

// forget drops what is over, and if nothing is, the oldest.
func (g *Guard) forget(now time.Time) {
	var oldest string
	for key, t := range g.tries {
		if now.Sub(t.since) >= g.o.Window {
			delete(g.tries, key)
		} else if oldest == "" || t.since.Before(g.tries[oldest].since) {
			oldest = key
		}
	}
	if len(g.tries) >= g.o.Addresses {
		delete(g.tries, oldest)
	}
}

// group is the key under which addr counts.
func group(addr string) string {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return addr
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		return netip.PrefixFrom(ip, 64).Masked().String()
	}
	return ip.String()
}
