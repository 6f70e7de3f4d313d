package x11

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// address is where a display is, taken apart from its name.
type address struct {
	network, addr string
	host          string // empty on this machine
	number        string
	screen        int
}

// parseAddress reads a display's name in the forms of X(7): ":0", ":0.1",
// "unix:0", "host:0", "tcp/host:0" and "/path/to/socket:0".
func parseAddress(name string) (address, error) {
	bad := fmt.Errorf("x11: %q is no display; write it like \":0\"", name)
	colon := strings.LastIndexByte(name, ':')
	if colon < 0 {
		return address{}, bad
	}
	host := name[:colon]
	number, screen, dotted := strings.Cut(name[colon+1:], ".")
	n, err := strconv.ParseUint(number, 10, 15)
	if err != nil {
		return address{}, bad
	}
	a := address{number: strconv.FormatUint(n, 10)}
	if dotted {
		s, err := strconv.ParseUint(screen, 10, 8)
		if err != nil {
			return address{}, bad
		}
		a.screen = int(s)
	}
	if strings.HasPrefix(host, "/") {
		a.network, a.addr = "unix", host+":"+number
		return a, nil
	}
	protocol, rest, slashed := strings.Cut(host, "/")
	if slashed {
		host = rest
	} else {
		protocol = "tcp"
	}
	if host == "" || host == "unix" || protocol == "unix" {
		a.network, a.addr = "unix", "/tmp/.X11-unix/X"+a.number
		return a, nil
	}
	if !strings.HasPrefix(protocol, "tcp") {
		return address{}, bad
	}
	a.network, a.host = "tcp", strings.Trim(host, "[]")
	a.addr = net.JoinHostPort(a.host, strconv.FormatUint(6000+n, 10))
	return a, nil
}
