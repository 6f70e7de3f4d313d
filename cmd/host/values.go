package main

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// The types below are values of flags. Set says what is allowed and, where
// there is one, the nearest right value.

// list is commands, of which an environment variable has one on each line.
type list struct{ p *[]string }

func (v list) String() string    { return "" }
func (v list) Separator() string { return "\n" }
func (v list) Set(s string) error {
	if strings.TrimSpace(s) == "" {
		return errors.New("an empty command; give a shell command such as 'xterm'")
	}
	*v.p = append(*v.p, s)
	return nil
}

// rate is bits a second: "8M", "500k", "8000000".
type rate struct{ p *int }

const rateLeast, rateMost = 200_000, 200_000_000

func (v rate) String() string { return "" }
func (v rate) Set(s string) error {
	const allowed = "allowed is a number of bits a second from 200k to 200M, such as 8M"
	digits, unit := s, 1.0
	switch {
	case strings.HasSuffix(s, "k"), strings.HasSuffix(s, "K"):
		digits, unit = s[:len(s)-1], 1e3
	case strings.HasSuffix(s, "M"), strings.HasSuffix(s, "m"):
		digits, unit = s[:len(s)-1], 1e6
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || f != f {
		return errors.New(allowed)
	}
	switch bps := f * unit; {
	case bps < rateLeast:
		return errors.New(allowed + "; the nearest is 200k")
	case bps > rateMost:
		return errors.New(allowed + "; the nearest is 200M")
	default:
		*v.p = int(bps)
	}
	return nil
}

// size is WIDTHxHEIGHT in pixels.
type size struct{ w, h *int }

const sizeLeast, sizeMostW, sizeMostH = 64, 4096, 4096

func (v size) String() string { return "" }
func (v size) Set(s string) error {
	const allowed = "allowed is WIDTHxHEIGHT in pixels from 64x64 to 4096x4096, such as 1280x720"
	ws, hs, _ := strings.Cut(strings.ToLower(s), "x")
	w, errW := strconv.Atoi(ws)
	h, errH := strconv.Atoi(hs)
	if errW != nil || errH != nil {
		return errors.New(allowed)
	}
	nw, nh := min(max(w, sizeLeast), sizeMostW), min(max(h, sizeLeast), sizeMostH)
	if nw != w || nh != h {
		return fmt.Errorf("%s; the nearest is %dx%d", allowed, nw, nh)
	}
	*v.w, *v.h = w, h
	return nil
}

// address is ADDR:PORT to listen on.
type address struct{ p *string }

func (v address) String() string { return "" }
func (v address) Set(s string) error {
	const allowed = "allowed is ADDRESS:PORT, such as 127.0.0.1:8470 or 0.0.0.0:8470"
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		if net.ParseIP(s) != nil {
			return fmt.Errorf("%s; did you mean %s?", allowed, net.JoinHostPort(s, "8470"))
		}
		return errors.New(allowed)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return errors.New(allowed + "; a port is a number from 0 (any free one) to 65535")
	}
	if host != "" && host != "localhost" && net.ParseIP(host) == nil {
		return errors.New(allowed + "; the address is one of this machine's own, in numbers")
	}
	*v.p = s
	return nil
}

// display is the name of an X display.
type display struct{ p *string }

var displayForm = regexp.MustCompile(`^[A-Za-z0-9._/-]*:\d+(\.\d+)?$`)

func (v display) String() string { return "" }
func (v display) Set(s string) error {
	if displayForm.MatchString(s) {
		*v.p = s
		return nil
	}
	if _, err := strconv.Atoi(s); err == nil {
		return fmt.Errorf("allowed is the name of an X display, such as :0; did you mean :%s?", s)
	}
	return errors.New("allowed is the name of an X display, such as :0")
}

// ident is a peer's id.
type ident struct{ p *string }

var identForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (v ident) String() string { return "" }
func (v ident) Set(s string) error {
	if identForm.MatchString(s) {
		*v.p = s
		return nil
	}
	const allowed = "allowed are 1 to 64 letters, digits, - and _"
	near := regexp.MustCompile(`[^A-Za-z0-9_-]+`).ReplaceAllString(s, "-")
	if near = near[:min(len(near), 64)]; strings.Trim(near, "-") != "" {
		return fmt.Errorf("%s; the nearest is %s", allowed, near)
	}
	return errors.New(allowed)
}
