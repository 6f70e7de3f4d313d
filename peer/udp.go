package peer

import (
	"errors"
	"net"
	"net/netip"
)

// udpConn is the UDP socket that all remotes share. A read error that is not
// the socket's end is the network's word on some packet that was sent, and
// must not end the reading for everybody.
type udpConn struct {
	*net.UDPConn
}

// ReadFromAddrPort makes pion read without allocating.
func (c *udpConn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if err == nil || errors.Is(err, net.ErrClosed) || isTimeout(err) {
			return n, from, err
		}
	}
}

// WriteToAddrPort makes pion write without allocating.
func (c *udpConn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return c.WriteToUDPAddrPort(b, to)
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}
