package visit

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/causeway-rtc/causeway/peer/auth"
)

// InputLabel is the label of the data connections that carry input.
const InputLabel = "input"

// Visit is the call or the data connection of another peer.
type Visit struct {
	// ID is the other peer's. It grants nothing.
	ID string
	// Addr is where from, or empty.
	Addr string
	// Token is metadata.token, or empty.
	Token string
	// Metadata is all that it said of itself: JSON, or nil.
	Metadata json.RawMessage
	// Input says that it wants to use what it sees.
	Input bool
}

// VerifyToken lets in who has the token.
func VerifyToken(g *auth.Guard) func(Visit) error {
	return func(v Visit) error { return g.Check(v.Addr, v.Token) }
}

// Why visits are refused that the token would let in.
var (
	errBusy  = errors.New("too many visitors")
	errLabel = fmt.Errorf("a data connection must have the label %q", InputLabel)
)

// reason is how a refused visitor learns why: error, message, and after too many
// tries retryAfter in seconds. As text it is JSON.
func reason(err error, text bool) any {
	code := "rejected"
	wait, throttled := errors.AsType[*auth.ThrottledError](err)
	switch {
	case errors.Is(err, auth.ErrWrong):
		code = "token"
	case throttled:
		code = "throttled"
	}
	m := map[string]any{"error": code, "message": err.Error()}
	if throttled {
		m["retryAfter"] = wait.RetryAfter.Seconds()
	}
	if !text {
		return m
	}
	b, err := json.Marshal(m)
	if err != nil {
		return `{"error":"rejected"}`
	}
	return string(b)
}
