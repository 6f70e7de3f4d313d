package peerserver

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Options says how a [Server] serves. The zero value serves as the original
// does without flags, on every address that the HTTP server listens on. The
// fields up to Origins are named as the original's.
type Options struct {
	// Path is what comes before all paths. Slashes around it are added.
	// Empty means "/".
	Path string
	// Key is what clients must give as theirs. It keeps out nobody, since it
	// is in every page. Empty means "peerjs".
	Key string
	// ExpireTimeout is how long a message waits for a peer that is not
	// there. Zero means 5 s.
	ExpireTimeout time.Duration
	// AliveTimeout is how long a peer may be silent; a stock client is for
	// 5 s. Zero means 90 s.
	AliveTimeout time.Duration
	// CleanupInterval is how often messages are looked through, and so how
	// late EXPIRE may be. Zero means 1 s.
	CleanupInterval time.Duration
	// ConcurrentLimit is how many peers there may be. Zero means 5000.
	ConcurrentLimit int
	// AllowDiscovery shows the ids of all peers to those who ask.
	AllowDiscovery bool
	// Proxied takes the address of a client from the last entry of
	// X-Forwarded-For, which the nearest proxy has written.
	Proxied bool
	// Origins are the pages that may connect, such as "https://example.org".
	// Nil, and "*", allow all. What is no page is always allowed.
	Origins []string
	// GenerateClientID makes an id for who asks for one; it is called again
	// when the id is taken, from any goroutine. Nil makes UUIDs.
	GenerateClientID func() string

	// ConnsPerAddr bounds the connections from one address; for IPv6, from
	// one /64. Zero means 256.
	ConnsPerAddr int
	// MaxMessage is how long a message may be in bytes. Zero means 256 KiB.
	MaxMessage int
	// Rate is how many messages a second are read from one connection on
	// average, Burst how many at once. Zero means 100 and 1000.
	Rate, Burst int
	// QueueMessages bounds what waits for one peer, of which one address may
	// use half. QueueBytes bounds what waits for all of them, of which one
	// address may use an eighth. Zero means 256 and 32 MiB.
	QueueMessages, QueueBytes int

	// OnConnect is called when a peer has connected, or has come back.
	// OnDisconnect is called when it is gone. Both must return soon. Nil
	// does nothing.
	OnConnect, OnDisconnect func(id string)
	// Log receives a line for each connection at the level of debugging.
	// Nil discards.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	o.Path = "/" + strings.Trim(o.Path, "/") + "/"
	if o.Path == "//" {
		o.Path = "/"
	}
	if o.Key == "" {
		o.Key = "peerjs"
	}
	for _, d := range []struct {
		v *time.Duration
		d time.Duration
	}{{&o.ExpireTimeout, 5 * time.Second}, {&o.AliveTimeout, 90 * time.Second}, {&o.CleanupInterval, time.Second}} {
		if *d.v <= 0 {
			*d.v = d.d
		}
	}
	for _, d := range []struct {
		v *int
		d int
	}{
		{&o.ConcurrentLimit, 5000},
		{&o.ConnsPerAddr, 256},
		{&o.MaxMessage, 256 << 10},
		{&o.Rate, 100},
		{&o.Burst, 1000},
		{&o.QueueMessages, 256},
		{&o.QueueBytes, 32 << 20},
	} {
		if *d.v <= 0 {
			*d.v = d.d
		}
	}
	if o.GenerateClientID == nil {
		o.GenerateClientID = newUUID
	}
	if o.OnConnect == nil {
		o.OnConnect = func(string) {}
	}
	if o.OnDisconnect == nil {
		o.OnDisconnect = func(string) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// newUUID is a random UUID (RFC 9562 §5.4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
