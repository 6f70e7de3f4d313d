package nats

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"time"

	gonats "github.com/nats-io/nats.go"

	"github.com/causeway-rtc/causeway/peer/signal"
)

// Driver dials nats and nats+tls URLs, of the form of [Dial].
var Driver = signal.Driver{
	Name:    "NATS",
	Schemes: []string{"nats", "nats+tls"},
	Dial: func(ctx context.Context, url string, o signal.Options) (signal.Conn, error) {
		return Dial(ctx, url, Options{TLS: o.TLS, Log: o.Log})
	},
}

// Options are those of a connection. The zero value serves.
type Options struct {
	// Prefix begins all subjects, so that several applications can share a
	// server. It is one or more tokens of a NATS subject, with dots between
	// them. Empty means that of the URL, or none.
	Prefix string
	// Secret hashes subjects and seals messages: whoever does not have it
	// cannot read them, nor write what others would take for one. It should
	// be random. At most [signal.MaxSecret] bytes. Empty means that of the
	// URL, or none.
	Secret string
	// TLS replaces the defaults of an encrypted connection, and demands one.
	TLS *tls.Config
	// Log receives what a person may need to know. Nil discards.
	Log *slog.Logger
}

const (
	queueLen     = 256
	dialTimeout  = 5 * time.Second
	writeTimeout = 10 * time.Second
	pingInterval = 20 * time.Second
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// Dial connects to the NATS server at rawURL,
//
//	nats://user:password@host:4222?prefix=app#secret
//
// of which all but the host may be missing. The scheme nats+tls demands TLS.
// The fragment is [Options.Secret], escaped as in any URL. The error is that
// of the first attempt; later ones are logged.
func Dial(ctx context.Context, rawURL string, o Options) (*Conn, error) {
	server, o, err := parseURL(rawURL, o)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	w, err := newWire(o.Prefix, o.Secret)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	c := newConn(w, o.Log)
	// Until the first connection is there, life ends with ctx.
	life, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	stop := context.AfterFunc(ctx, cancel)
	options := append(c.options(), gonats.SetCustomDialer(dialer(func(network, addr string) (net.Conn, error) {
		return dial(life, network, addr)
	})))
	if o.TLS != nil {
		options = append(options, gonats.Secure(o.TLS))
	}
	c.nc, err = gonats.Connect(server.String(), options...)
	if err == nil {
		err = c.watchAbsence()
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if c.nc != nil {
			c.nc.Close()
		}
		cancel()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("nats: connect to %s: %w", server.Redacted(), err)
	}
	return c, nil
}

// parseURL takes the options out of rawURL. What o has already stays.
func parseURL(rawURL string, o Options) (*url.URL, Options, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL, which has a secret
		}
		return nil, o, fmt.Errorf("the URL: %w", err)
	}
	server := &url.URL{Scheme: "nats", User: u.User, Host: u.Host}
	switch u.Scheme {
	case "nats":
	case "nats+tls":
		server.Scheme = "tls"
	default:
		return nil, o, fmt.Errorf("the URL's scheme is %q, not nats or nats+tls: %w", u.Scheme, errors.ErrUnsupported)
	}
	if u.Hostname() == "" {
		return nil, o, errors.New("the URL names no host")
	}
	if u.Path != "" && u.Path != "/" {
		return nil, o, fmt.Errorf("the URL has the path %q; a prefix of subjects is written ?prefix=", u.Path)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, o, fmt.Errorf("the URL's query: %w", err)
	}
	for name := range query {
		if name != "prefix" {
			return nil, o, fmt.Errorf("the URL has the option %q; there is only prefix, and the secret after #", name)
		}
	}
	if o.Prefix == "" {
		o.Prefix = query.Get("prefix")
	}
	if o.Secret == "" {
		o.Secret = u.Fragment
	}
	return server, o, nil
}

// options are what every connection has.
func (c *Conn) options() []gonats.Option {
	var lost time.Time // when messages were, as we said last
	return []gonats.Option{
		gonats.Name("causeway"),
		gonats.NoEcho(),
		gonats.Timeout(dialTimeout),
		gonats.FlusherTimeout(writeTimeout),
		gonats.PingInterval(pingInterval),
		gonats.SkipHostLookup(), // the dialer does
		gonats.MaxReconnects(-1),
		gonats.ReconnectBufSize(-1),
		gonats.CustomReconnectDelay(backoff),
		// An authentication service that is away for a while must not end us.
		gonats.IgnoreAuthErrorAbort(),
		gonats.DisconnectErrHandler(func(_ *gonats.Conn, err error) {
			if err != nil {
				c.log.Info("signalling: the connection to the NATS server broke; connecting again", "err", err)
			}
		}),
		gonats.ReconnectHandler(func(*gonats.Conn) { c.log.Info("signalling: connected to the NATS server again") }),
		gonats.ErrorHandler(func(_ *gonats.Conn, _ *gonats.Subscription, err error) {
			switch {
			case !errors.Is(err, gonats.ErrSlowConsumer):
				c.log.Warn("signalling: the NATS server refused something", "err", err)
			case time.Since(lost) > time.Second:
				lost = time.Now()
				c.log.Warn("signalling: messages are lost: too many wait to be received")
			}
		}),
		gonats.ClosedHandler(func(*gonats.Conn) { close(c.done) }),
	}
}

// backoff is the pause after n attempts. Its jitter keeps the peers of a
// server that was restarted from all coming back at once.
func backoff(n int) time.Duration {
	pause := min(firstBackoff<<min(max(n-1, 0), 10), maxBackoff)
	return pause/2 + rand.N(pause)
}

// dialer is a gonats.CustomDialer.
type dialer func(network, addr string) (net.Conn, error)

// Dial is that of gonats.CustomDialer.
func (d dialer) Dial(network, addr string) (net.Conn, error) { return d(network, addr) }

// dial opens a socket that ctx closes: nats.go takes no context itself, and
// holds its lock while it connects.
func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout}
	sock, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &socket{Conn: sock, stop: context.AfterFunc(ctx, func() { _ = sock.Close() })}, nil
}

// socket forgets its context when it is closed.
type socket struct {
	net.Conn
	stop func() bool
}

// Close is that of net.Conn.
func (s *socket) Close() error {
	s.stop()
	return s.Conn.Close()
}
