package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The types below are values of flags. Set says what is allowed and, where
// there is one, the nearest right value.

// milliseconds is a time as the original's flags give it.
type milliseconds struct {
	p           *time.Duration
	least, most time.Duration
}

func (v milliseconds) String() string { return "" }
func (v milliseconds) Set(s string) error {
	allowed := fmt.Sprintf("allowed is a number of milliseconds from %d to %d", v.least.Milliseconds(), v.most.Milliseconds())
	n, err := strconv.Atoi(s)
	if err != nil {
		if d, err := time.ParseDuration(s); err == nil {
			return fmt.Errorf("%s; did you mean %d?", allowed, d.Milliseconds())
		}
		return errors.New(allowed)
	}
	near := min(max(n, int(v.least.Milliseconds())), int(v.most.Milliseconds()))
	if near != n {
		return fmt.Errorf("%s; the nearest is %d", allowed, near)
	}
	*v.p = time.Duration(n) * time.Millisecond
	return nil
}

// address is one of the machine's own.
type address struct{ p *string }

func (v address) String() string { return "" }
func (v address) Set(s string) error {
	const allowed = "allowed is one of this machine's addresses in numbers, such as 127.0.0.1, or localhost"
	if s != "localhost" && net.ParseIP(s) == nil {
		if host, _, err := net.SplitHostPort(s); err == nil {
			return fmt.Errorf("%s; the port goes into --port; did you mean %s?", allowed, host)
		}
		return errors.New(allowed)
	}
	*v.p = s
	return nil
}

// path is where the PeerServer is mounted.
type path struct{ p *string }

var pathForm = regexp.MustCompile(`^/?([A-Za-z0-9._~-]+/?)*$`)

func (v path) String() string { return "" }
func (v path) Set(s string) error {
	if !pathForm.MatchString(s) || strings.Contains(s, "//") {
		return errors.New("allowed is a path of letters, digits, -, ., _ and ~ between slashes, such as /myapp")
	}
	switch at := strings.Trim(s, "/"); {
	case at == "ws":
		return errors.New("/ws is where Causeway's own signalling is: choose another, such as /peerjs")
	case at == "socket.io", at == "api/apikeys", strings.HasPrefix(at, "socket.io/"), strings.HasPrefix(at, "api/apikeys/"):
		return errors.New("that is where SkyWay pages connect: choose another, such as /peerjs")
	}
	*v.p = s
	return nil
}

// name is a PeerJS key, which stands in paths.
type name struct{ p *string }

var nameForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (v name) String() string { return "" }
func (v name) Set(s string) error {
	if !nameForm.MatchString(s) {
		return errors.New("allowed are 1 to 64 letters, digits, - and _")
	}
	*v.p = s
	return nil
}

type file struct{ p *string }

func (v file) String() string { return "" }
func (v file) Set(s string) error {
	if s == "" {
		return errors.New("allowed is the name of a file")
	}
	*v.p = s
	return nil
}

// origins are pages' origins as browsers send them (RFC 6454 §7).
type origins struct{ p *[]string }

func (v origins) String() string    { return "" }
func (v origins) Separator() string { return "," }
func (v origins) Set(s string) error {
	s = strings.TrimSpace(s)
	const allowed = "allowed is an origin such as https://example.org or http://localhost:8080, or *"
	u, err := url.Parse(s)
	if s != "*" && (err != nil || u.Scheme == "" || u.Host == "") {
		if s != "" && !strings.Contains(s, "/") {
			return fmt.Errorf("%s; did you mean https://%s?", allowed, s)
		}
		return errors.New(allowed)
	}
	if s != "*" && s != u.Scheme+"://"+u.Host {
		return fmt.Errorf("%s; the nearest is %s://%s", allowed, u.Scheme, u.Host)
	}
	*v.p = append(*v.p, s)
	return nil
}
