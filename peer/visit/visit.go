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
	// ErrBusy says that there are too many already.
	ErrBusy = errors.New("too many visitors")
	// ErrLabel says that a data connection is not for input.
	ErrLabel = fmt.Errorf("a data connection must have the label %q", InputLabel)
)

// Reason is how a refused peer learns why: error, message, and after too many
// tries retryAfter in seconds.
func Reason(err error) map[string]any {
	code := "rejected"
	var wait *auth.ThrottledError
	switch {
	case errors.Is(err, auth.ErrWrong):
		code = "token"
	case errors.As(err, &wait):
		code = "throttled"
	}
	m := map[string]any{"error": code, "message": err.Error()}
	if wait != nil {
		m["retryAfter"] = wait.RetryAfter.Seconds()
	}
	return m
}

// ReasonText is [Reason] as JSON, for connections that carry text alone.
func ReasonText(err error) string {
	b, err := json.Marshal(Reason(err))
	if err != nil {
		return `{"error":"rejected"}`
	}
	return string(b)
}
