package signal

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
)

// Conn is one peer's connection to the exchange. All methods but Receive may
// be called from any goroutine; Receive from one at a time.
//
// A refusal is an [*Error]. Where the exchange is far away it arrives later,
// as the error of some Receive; the caller goes on receiving.
type Conn interface {
	// Subscribe joins a room, or claims a direct namespace: this peer id is
	// then the connection's in that room. With a secret that is not empty a
	// later connection may take the claim over, which closes this one.
	Subscribe(ctx context.Context, ns Namespace, secret string) error
	// Unsubscribe undoes Subscribe. A namespace that was not subscribed is
	// no error.
	Unsubscribe(ctx context.Context, ns Namespace) error
	// Publish sends m to ns. The bytes of m are not kept.
	Publish(ctx context.Context, ns Namespace, m Message) error
	// Receive blocks until the next message to one of the subscribed
	// namespaces, and returns it with that namespace. A sender does not
	// receive its own messages. Once the connection is closed, by either
	// side, the error wraps net.ErrClosed.
	Receive(ctx context.Context) (Namespace, Message, error)
	// Close ends the connection and waits for its goroutines. The second
	// call does nothing.
	Close() error
}

// Driver opens connections over one transport.
type Driver struct {
	// Name is what a person reads: "websocket".
	Name string
	// Schemes are those of the URLs it dials, in small letters.
	Schemes []string
	// Dial connects to the exchange at url. ctx bounds the dialling alone.
	Dial func(ctx context.Context, url string, o Options) (Conn, error)
}

// Options are what a driver may need. The zero value serves.
type Options struct {
	// TLS replaces the defaults of an encrypted transport, to accept a
	// self-signed certificate for one.
	TLS *tls.Config
	// Log receives what a person may need to know. Nil discards.
	Log *slog.Logger
}

// Dial connects to rawURL with the first of drivers that has its scheme.
func Dial(ctx context.Context, drivers []Driver, rawURL string, o Options) (Conn, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL, which may have a secret
		}
		return nil, fmt.Errorf("signal: the URL: %w", err)
	}
	for _, d := range drivers {
		if slices.Contains(d.Schemes, u.Scheme) {
			return d.Dial(ctx, rawURL, o)
		}
	}
	return nil, fmt.Errorf("signal: no driver for %s URLs: %w", u.Scheme, errors.ErrUnsupported)
}
