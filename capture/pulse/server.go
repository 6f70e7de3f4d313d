package pulse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jfreymuth/pulse/proto"
)

// patience is how long a server may take to answer before it counts as dead.
const patience = 3 * time.Second

// Server is a connection to a sound server. Requests may be made from any
// goroutine but that of the messages; see [Dial].
type Server struct {
	proto.Client
	name   string
	socket *socket
}

// Name is the address that was dialled.
func (s *Server) Name() string { return s.name }

// Gone is closed once the connection is dead, however it died.
func (s *Server) Gone() <-chan struct{} { return s.socket.gone }

// socket tells when its connection is dead, which the protocol library does
// not in all cases.
type socket struct {
	net.Conn
	gone chan struct{} // closed then
	once sync.Once
}

// Read implements [net.Conn].
func (s *socket) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if err != nil {
		s.once.Do(func() { close(s.gone) })
	}
	return n, err
}

// Dial connects to the server at address, in the form of $PULSE_SERVER, or the
// user's own. receive is called with the server's messages, from one goroutine;
// it must not make requests.
func Dial(ctx context.Context, address string, receive func(any)) (*Server, error) {
	if address == "" {
		address = userServer()
	}
	network, addr, err := parseServer(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, fmt.Errorf("pulse: no sound server at %q; start PulseAudio or PipeWire's pulse service, "+
			"or name the server as $PULSE_SERVER does: %w", address, err)
	}
	s := &Server{name: address, socket: &socket{Conn: conn, gone: make(chan struct{})}}
	// The library calls back even while it greets.
	s.Callback = receive
	s.SetTimeout(patience)
	s.Open(s.socket)
	defer s.Bound(ctx)()
	if err := s.greet(); err != nil {
		s.HangUp()
		return nil, fmt.Errorf("pulse: open the sound server %q: %w", address, errors.Join(err, ctx.Err()))
	}
	return s, nil
}

// greet proves who we are and says what we are called.
func (s *Server) greet() error {
	var auth proto.AuthReply
	if err := s.Request(&proto.Auth{Version: s.Version(), Cookie: cookie()}, &auth); err != nil {
		return err
	}
	s.SetVersion(auth.Version)
	props := proto.PropList{"application.name": proto.PropListString("Causeway")}
	return s.Request(&proto.SetClientName{Props: props}, &proto.SetClientNameReply{})
}

// cookie is the user's key to the server. A server that lets the user in
// because of who he is accepts any.
func cookie() []byte {
	if dir, err := os.UserConfigDir(); err == nil {
		if c, err := os.ReadFile(filepath.Join(dir, "pulse", "cookie")); err == nil && len(c) == 256 {
			return c
		}
	}
	return make([]byte, 256)
}

// userServer is where a user's session has its sound server.
func userServer() string {
	return "unix:/run/user/" + strconv.Itoa(os.Getuid()) + "/pulse/native"
}

// parseServer reads a server's address, of which $PULSE_SERVER may hold
// several: the first is taken.
func parseServer(s string) (network, addr string, err error) {
	bad := fmt.Errorf("pulse: %q is no sound server; write it like \"unix:/path\" or \"tcp:host:port\"", s)
	fields := strings.Fields(s)
	if len(fields) == 0 {
		return "", "", bad
	}
	first := fields[0]
	if strings.HasPrefix(first, "{") { // the machine that is meant
		_, rest, ok := strings.Cut(first, "}")
		if !ok {
			return "", "", bad
		}
		first = rest
	}
	if strings.HasPrefix(first, "/") {
		return "unix", first, nil
	}
	network, addr, _ = strings.Cut(first, ":")
	switch network {
	case "unix":
	case "tcp", "tcp4", "tcp6":
		if _, _, err := net.SplitHostPort(addr); err != nil {
			addr = net.JoinHostPort(addr, "4713")
		}
	default:
		return "", "", bad
	}
	if addr == "" {
		return "", "", bad
	}
	return network, addr, nil
}

// Bound hangs up when ctx is done before the returned function is called.
func (s *Server) Bound(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { s.socket.Close() })
}

// HangUp closes the connection and waits until nothing is read from it.
func (s *Server) HangUp() {
	s.socket.Close()
	<-s.socket.gone
}
