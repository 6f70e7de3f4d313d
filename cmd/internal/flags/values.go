package flags

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
)

// Text sets p to any text.
func Text(p *string) flag.Value { return text{p} }

// Bool sets p to true, or false for --name=false.
func Bool(p *bool) flag.Value { return boolean{p} }

// Choice sets p to one of allowed.
func Choice(p *string, allowed ...string) flag.Value { return choice{p, allowed} }

// Or lists what is allowed as the help does: "a, b or c".
func Or(allowed []string) string {
	last := len(allowed) - 1
	return strings.Join(allowed[:last], ", ") + " or " + allowed[last]
}

// Number sets p to a whole number from least to most.
func Number(p *int, least, most int) flag.Value { return number{p, least, most} }

// Level sets p to how much is logged: debug, info, warn or error.
func Level(p *slog.Level) flag.Value { return level{p} }

// The types below are those values. Set says what is allowed and, where there
// is one, the nearest right value. String is empty: the help has the defaults.

type text struct{ p *string }

func (v text) String() string     { return "" }
func (v text) Set(s string) error { *v.p = s; return nil }

type boolean struct{ p *bool }

func (v boolean) IsBoolFlag() bool { return true }
func (v boolean) String() string   { return "" }
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
	if !slices.Contains(v.allowed, s) {
		return fmt.Errorf("allowed are %s%s", strings.Join(v.allowed, ", "), Suggest(s, v.allowed, ""))
	}
	*v.p = s
	return nil
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

type level struct{ p *slog.Level }

func (v level) String() string { return "" }
func (v level) Set(s string) error {
	var name string
	if err := Choice(&name, "debug", "info", "warn", "error").Set(s); err != nil {
		return err
	}
	return v.p.UnmarshalText([]byte(s))
}
