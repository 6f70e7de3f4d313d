package engineio

import (
	"log/slog"
	"net/http"
	"time"
)

// Options says how a [Server] serves. The zero value serves with the
// original's times, but does nothing with what it is sent.
type Options struct {
	// Accept makes the handler of a new session, which may be sent to from
	// then on. It is called with the request that opens the session, and must
	// return soon. Nil ignores all messages.
	Accept func(s *Session, r *http.Request) Handler

	// PingInterval is how often clients are to ping, PingTimeout how late a
	// ping may be. Zero means 25 s and 10 s.
	PingInterval, PingTimeout time.Duration
	// NoUpgrade keeps clients that begin by polling at it.
	NoUpgrade bool
	// Origins are the pages that may connect, such as "https://example.org".
	// Nil, and "*", allow all. What is no page is always allowed.
	Origins []string
	// Proxied takes the address of a client from the last entry of
	// X-Forwarded-For, which the nearest proxy has written.
	Proxied bool

	// Sessions bounds the sessions, SessionsPerAddr those of one address; for
	// IPv6, of one /64. Zero means 5000 and 256.
	Sessions, SessionsPerAddr int
	// MaxMessage is how long a message may be in bytes, and so a POST. Zero
	// means 1 MiB.
	MaxMessage int
	// Rate is how many packets a second are read from one session on average,
	// Burst how many at once; 16 KiB of a long one count as another. Zero
	// means 200 and 2000.
	Rate, Burst int
	// QueueMessages and QueueBytes bound what waits for one session.
	// AddrBytes bounds what waits for all sessions of one address with what is
	// being read from them, TotalBytes that of all. Zero means 4096, twice
	// MaxMessage and 1 MiB, twice QueueBytes, and 256 MiB.
	QueueMessages, QueueBytes, AddrBytes, TotalBytes int

	// Log receives a line for each session at the level of debugging. Nil
	// discards.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Accept == nil {
		o.Accept = func(*Session, *http.Request) Handler { return nothing{} }
	}
	if o.PingInterval <= 0 {
		o.PingInterval = 25 * time.Second
	}
	if o.PingTimeout <= 0 {
		o.PingTimeout = 10 * time.Second
	}
	for _, d := range []struct {
		v *int
		d int
	}{{&o.Sessions, 5000}, {&o.SessionsPerAddr, 256}, {&o.MaxMessage, 1 << 20}, {&o.Rate, 200}, {&o.Burst, 2000}, {&o.QueueMessages, 4096}} {
		if *d.v <= 0 {
			*d.v = d.d
		}
	}
	if o.QueueBytes <= 0 {
		o.QueueBytes = 2*o.MaxMessage + 1<<20
	}
	if o.AddrBytes <= 0 {
		o.AddrBytes = 2 * o.QueueBytes
	}
	if o.TotalBytes <= 0 {
		o.TotalBytes = 256 << 20
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Handler is given what one client sends.
type Handler interface {
	// Message is called for one message after the other, by whichever
	// goroutine has read it. The handler may keep m. What it takes of time,
	// the client waits.
	Message(m Message)
	// Closed is called once, when the session has ended, while a Message may
	// still be running. The error is [ErrByClient] when the client said
	// goodbye, [ErrByServer] when this side did, and else what went wrong.
	Closed(err error)
}

type nothing struct{}

func (nothing) Message(Message) {}
func (nothing) Closed(error)    {}
