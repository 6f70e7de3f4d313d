package skywayserver

import (
	"log/slog"
	"time"
)

// Key is what an API key allows.
type Key struct {
	// Secret is what credentials are made with. Empty asks for none, and then
	// the key serves this machine alone, unless Options.Insecure.
	Secret string
	// NoSFU refuses rooms of the type sfu.
	NoSFU bool
	// List shows the ids of all the key's peers to those who ask.
	List bool
}

// Options says how a [Server] serves. The zero value has no key, and so
// serves nobody.
type Options struct {
	// Keys are the API keys, which are UUIDs in lower case.
	Keys map[string]Key
	// Insecure lets a key without a secret serve other machines as well.
	Insecure bool
	// SFU forwards the media of rooms of the type sfu. Nil refuses them.
	SFU SFU

	// ExpiryNotices are how long before the end of a credential its peer is
	// told. Nil means 5 min and 1 min.
	ExpiryNotices []time.Duration
	// ClockSkew is how far in the future a credential's timestamp may be,
	// since no two clocks agree. Zero means 10 s.
	ClockSkew time.Duration
	// ReplayGuard is for how long a credential whose connection broke serves
	// only the client that had it. Zero means 1 min.
	ReplayGuard time.Duration

	// Origins are the pages that may connect, such as "https://example.org".
	// Nil, and "*", allow all. What is no page is always allowed.
	Origins []string
	// Proxied takes the address of a client from the last entry of
	// X-Forwarded-For, which the nearest proxy has written.
	Proxied bool
	// NoUpgrade keeps clients at polling.
	NoUpgrade bool
	// PingInterval is how often clients show that they are there, PingTimeout
	// how late that may be. Zero means 25 s and 10 s.
	PingInterval, PingTimeout time.Duration

	// Peers bounds the peers of all keys, ConnsPerAddr the connections from
	// one address; for IPv6, from one /64. Zero means 5000 and 256.
	Peers, ConnsPerAddr int
	// Rooms bounds the rooms of all keys, MembersPerRoom the members of one,
	// RoomsPerPeer the rooms of one peer. Zero means 20000, 1000 and 16.
	Rooms, MembersPerRoom, RoomsPerPeer int
	// MaxData is how long data for a room may be in bytes, with all that
	// comes in the same message; MaxSignal anything else. Zero means 20 MiB,
	// which is what stock clients know, and 256 KiB.
	MaxData, MaxSignal int
	// RoomLogBytes bounds the log of one room, LogBytes those of all. Zero
	// means 1 MiB and 64 MiB.
	RoomLogBytes, LogBytes int
	// Rate is how many messages a second are read from one peer on average,
	// Burst how many at once; 16 KiB of a long one count as another. Zero
	// means 200 and 2000.
	Rate, Burst int

	// Log receives a line for each peer at the level of debugging. Nil
	// discards.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.ExpiryNotices == nil {
		o.ExpiryNotices = []time.Duration{5 * time.Minute, time.Minute}
	}
	if o.ClockSkew == 0 {
		o.ClockSkew = 10 * time.Second
	}
	if o.ReplayGuard == 0 {
		o.ReplayGuard = time.Minute
	}
	for _, d := range []struct {
		v *int
		d int
	}{
		{&o.Peers, 5000},
		{&o.ConnsPerAddr, 256},
		{&o.Rooms, 20_000},
		{&o.MembersPerRoom, 1000},
		{&o.RoomsPerPeer, 16},
		{&o.MaxData, 20 << 20},
		{&o.MaxSignal, 256 << 10},
		{&o.RoomLogBytes, 1 << 20},
		{&o.LogBytes, 64 << 20},
	} {
		if *d.v <= 0 {
			*d.v = d.d
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}
