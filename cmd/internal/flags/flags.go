package flags

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

// Option is one flag. Its environment variable is CAUSEWAY_ and its name in
// capitals, with _ for -.
type Option struct {
	// Name is the flag without its dashes, and Short another of one letter,
	// often empty.
	Name, Short string
	// Arg and Help are for people. Help has its default in parentheses.
	Arg, Help string
	// Value is one of this package's, or a program's own. The error of its
	// Set says what is allowed.
	Value flag.Value
	// Also is another environment variable, for when the first is not set.
	Also string
}

// Repeated is a Value that may be given several times.
type Repeated interface {
	flag.Value
	// Separator is what stands between its items in an environment variable.
	Separator() string
}

// Parse sets the options' values from the environment and then from args,
// which win, and returns the arguments that follow the flags. The error names
// the flag, the value, and what is allowed. It is [flag.ErrHelp] for -h where
// no option has that name.
func Parse(program string, options []Option, args []string, getenv func(string) string) ([]string, error) {
	fs := flag.NewFlagSet(program, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	for _, o := range options {
		fs.Var(o.Value, o.Name, o.Help)
		if o.Short != "" {
			fs.Var(o.Value, o.Short, o.Help)
		}
		if err := o.fromEnvironment(getenv); err != nil {
			return nil, err
		}
	}
	if err := fs.Parse(args); err != nil {
		return nil, explain(err, program, options)
	}
	return fs.Args(), nil
}

func (o Option) fromEnvironment(getenv func(string) string) error {
	variable := "CAUSEWAY_" + strings.ToUpper(strings.ReplaceAll(o.Name, "-", "_"))
	v := getenv(variable)
	if v == "" && o.Also != "" {
		variable, v = o.Also, getenv(o.Also)
	}
	if v == "" {
		return nil
	}
	items := []string{v}
	if r, ok := o.Value.(Repeated); ok {
		items = strings.Split(strings.TrimSpace(v), r.Separator())
	}
	for _, item := range items {
		if err := o.Value.Set(item); err != nil {
			return fmt.Errorf("%s=%q: %w", variable, v, err)
		}
	}
	return nil
}

// explain says what package flag says, with two dashes and the nearest flag.
func explain(err error, program string, options []Option) error {
	msg := err.Error()
	if given, ok := strings.CutPrefix(msg, "flag provided but not defined: -"); ok {
		var names []string
		for _, o := range options {
			names = append(names, o.Name)
		}
		return fmt.Errorf("there is no flag --%s%s; see %s --help", given, Suggest(given, names, "--"), program)
	}
	if given, ok := strings.CutPrefix(msg, "flag needs an argument: -"); ok {
		return fmt.Errorf("%s needs a value; see %s --help", dashes(given), program)
	}
	for _, prefix := range []string{"invalid value ", "invalid boolean value "} {
		rest, ok := strings.CutPrefix(msg, prefix)
		if !ok {
			continue
		}
		value, rest, _ := strings.Cut(rest, " for ")
		given, why, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(rest, "flag "), "-"), ": ")
		return fmt.Errorf("%s %s: %s", dashes(given), strings.Trim(value, `"`), why)
	}
	return err
}

// dashes is a flag as people write it.
func dashes(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// Print writes what the options do.
func Print(w io.Writer, options []Option) {
	for _, o := range options {
		short := ""
		if o.Short != "" {
			short = "-" + o.Short + ", "
		}
		fmt.Fprintf(w, "  %s\n", strings.TrimSpace(short+"--"+o.Name+" "+o.Arg))
		for line := range strings.SplitSeq(o.Help, "\n") {
			fmt.Fprintf(w, "        %s\n", line)
		}
	}
}

// Suggest is "; did you mean X?" for the allowed value nearest to s, or "" when
// none is near.
func Suggest(s string, allowed []string, prefix string) string {
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
