package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// The types below are the flags' values. Set says what is allowed and, where
// there is one, the nearest right value.

type text struct{ p *string }

func (v text) String() string     { return "" }
func (v text) Set(s string) error { *v.p = s; return nil }

type list struct{ p *[]string }

func (v list) String() string { return "" }
func (v list) Set(s string) error {
	if strings.TrimSpace(s) == "" {
		return errors.New("an empty command; give a shell command such as 'xterm'")
	}
	*v.p = append(*v.p, s)
	return nil
}

type boolean struct{ p *bool }

func (v boolean) String() string   { return "" }
func (v boolean) IsBoolFlag() bool { return true }
func (v boolean) Set(s string) error {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return errors.New("allowed are true and false")
	}
	*v.p = b
	return nil
}

type choice struct {
	p       *string
	allowed []string
}

func (v choice) String() string { return "" }
func (v choice) Set(s string) error {
	for _, a := range v.allowed {
		if s == a {
			*v.p = s
			return nil
		}
	}
	return fmt.Errorf("allowed are %s%s", strings.Join(v.allowed, ", "), suggest(s, v.allowed, ""))
}

type number struct {
	p           *int
	least, most int
}

func (v number) String() string { return "" }
func (v number) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil {
		return fmt.Errorf("allowed is a whole number from %d to %d", v.least, v.most)
	}
	if near := min(max(n, v.least), v.most); near != n {
		return fmt.Errorf("allowed is a whole number from %d to %d; the nearest is %d", v.least, v.most, near)
	}
	*v.p = n
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

type level struct{ p *slog.Level }

func (v level) String() string { return "" }
func (v level) Set(s string) error {
	names := []string{"debug", "info", "warn", "error"}
	for _, n := range names {
		if s == n {
			return v.p.UnmarshalText([]byte(s))
		}
	}
	return fmt.Errorf("allowed are %s%s", strings.Join(names, ", "), suggest(s, names, ""))
}

// suggest is "; did you mean X?" for the allowed value nearest to s, or "" when
// none is near.
func suggest(s string, allowed []string, prefix string) string {
	best, least := "", max(2, len(s)/2)+1
	for _, a := range allowed {
		if d := distance(strings.ToLower(s), a); d < least {
			best, least = a, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + prefix + best + "?"
}

// distance is how many letters must be put in, left out or changed to make b
// of a (Levenshtein's).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
