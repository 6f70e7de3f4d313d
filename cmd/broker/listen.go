package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/sfu"
)

// media is where the broker listens, and what forwards the media of SkyWay's
// SFU rooms through the same port, where a key has such rooms.
type media struct {
	listener net.Listener
	port     *peer.Port // nil without an SFU
	sfu      *sfu.SFU
}

// listen opens the port.
func (c *config) listen(log *slog.Logger) (*media, error) {
	addr := net.JoinHostPort(c.host, strconv.Itoa(c.port))
	if !c.skyway.Forward() {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return nil, fmt.Errorf("listen on %s: %w", addr, err)
		}
		return &media{listener: l}, nil
	}
	port, err := peer.Listen(addr, log)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	forward, err := sfu.New(sfu.Options{Port: port, Log: log})
	if err != nil {
		return nil, errors.Join(err, port.Close())
	}
	return &media{port.HTTP(), port, forward}, nil
}

// close ends what listen has begun, after those who use it.
func (m *media) close() {
	if m.port != nil {
		_ = m.sfu.Close() // it has no error
		_ = m.port.Close()
	}
}
