package peer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/pion/ice/v4"
)

const (
	// socketBuffer is what is asked of the kernel for the UDP socket, so that
	// a key frame to several viewers at once fits.
	socketBuffer = 4 << 20
	// tcpBuffer bounds what waits for one viewer over TCP, in bytes. What
	// does not fit is dropped, as a network would.
	tcpBuffer = 1 << 20
)

// Port is one port number for everything: HTTP and ICE over TCP, and ICE over
// UDP. Several peers may share it, but cannot be connected to each other then:
// connections over UDP are told apart by the other side's address.
type Port struct {
	sniffer *sniffer
	udp     ice.UDPMux
	tcp     ice.TCPMux
	conn    *udpConn
}

// Listen opens addr, "host:port", for TCP and UDP. An empty host means all
// addresses, port 0 a free one. log receives what goes wrong with single
// connections; nil discards.
func Listen(addr string, log *slog.Logger) (*Port, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var errs []error
	for range 20 { // the UDP port of a free TCP port may be taken
		p, err := listen(addr, log)
		if err == nil {
			return p, nil
		}
		errs = append(errs, err)
		if _, port, err := net.SplitHostPort(addr); err != nil || port != "0" {
			break
		}
	}
	return nil, fmt.Errorf("peer: %w", errs[len(errs)-1])
}

func listen(addr string, log *slog.Logger) (*Port, error) {
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, err
	}
	host, _, _ := net.SplitHostPort(addr)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	packets, err := config.ListenPacket(context.Background(), "udp", net.JoinHostPort(host, port))
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	conn := &udpConn{UDPConn: packets.(*net.UDPConn)}
	// The kernel may grant less; it is a matter of speed alone.
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	s := newSniffer(l, log)
	logger := loggerFactory{log}.NewLogger("ice")
	return &Port{
		sniffer: s,
		conn:    conn,
		udp:     ice.NewUDPMuxDefault(ice.UDPMuxParams{Logger: logger, UDPConn: conn}),
		tcp: ice.NewTCPMuxDefault(ice.TCPMuxParams{
			Logger: logger, Listener: s.ice, ReadBufferSize: 64, WriteBufferSize: tcpBuffer,
			FirstStunBindTimeout: sniffTimeout, AliveDurationForConnFromStun: sniffTimeout,
		}),
	}, nil
}

// HTTP yields the connections that are not ICE, for an http.Server.
func (p *Port) HTTP() net.Listener { return p.sniffer.http }

// Addr is the TCP address; the UDP address has the same port.
func (p *Port) Addr() net.Addr { return p.sniffer.l.Addr() }

// Close closes the sockets and the connections that belong to ICE; those that
// HTTP has accepted are the server's. It waits for its goroutines. The second
// call does nothing.
func (p *Port) Close() error {
	return errors.Join(p.sniffer.Close(), p.udp.Close(), ignoreClosed(p.tcp.Close()), ignoreClosed(p.conn.Close()))
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
