package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/backends"
	"github.com/causeway-rtc/causeway/capture/x11"
	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/encode/codecs"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/input/injectors"
)

func captureNames() []string {
	names := []string{"auto"}
	for _, b := range backends.All {
		names = append(names, b.Name)
	}
	return names
}

func encoderNames() []string {
	names := []string{"auto"}
	for _, b := range codecs.All {
		if b.NewEncoder != nil {
			names = append(names, b.Name)
		}
	}
	return names
}

// codecOf is the name of the codec that an encoder makes, "" for auto.
func codecOf(encoder string) string {
	for _, b := range codecs.All {
		if b.Name == encoder {
			return b.Codec.Name
		}
	}
	return ""
}

// codecNamed is the codec of that name, which an encoder in the table makes.
func codecNamed(name string) encode.Codec {
	for _, b := range codecs.All {
		if b.Codec.Name == name {
			return b.Codec
		}
	}
	return encode.Codec{Name: name}
}

func injectorNames() []string {
	names := []string{"auto"}
	for _, b := range injectors.All {
		names = append(names, b.Name)
	}
	return append(names, "none")
}

// printList writes what this machine offers, each with ok or the reason why
// it cannot serve.
func printList(ctx context.Context, w io.Writer, c config, getenv func(string) string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	name := c.display
	if name == "" {
		name = getenv("DISPLAY")
	}
	fmt.Fprintln(w, "displays")
	printDisplays(ctx, w, name)
	printParts(ctx, w, name)
	fmt.Fprintln(w, "capture (--capture)")
	for _, b := range backends.All {
		printRow(w, b.Name, b.Probe(ctx, capture.Options{Display: name}))
	}
	fmt.Fprintln(w, "encoders (--encoder)")
	for _, b := range codecs.All {
		if b.NewEncoder != nil || b.NewAudioEncoder != nil {
			printRow(w, b.Name+" ("+b.Codec.Name+")", b.Probe())
		}
	}
	fmt.Fprintln(w, "injectors (--inject)")
	for _, b := range injectors.All {
		printRow(w, b.Name, b.Probe(ctx, input.Options{Display: name}))
	}
	fmt.Fprintln(w, "sound sources (--audio)")
	for _, b := range backends.Audio {
		sources, err := b.Sources(ctx, capture.AudioOptions{Server: soundServer(getenv)})
		if err != nil {
			printRow(w, b.Name, err)
		}
		for _, s := range sources {
			printRow(w, s, nil)
		}
	}
	return nil
}

// printDisplays writes the X displays of this machine, and which one is the
// default.
func printDisplays(ctx context.Context, w io.Writer, def string) {
	displays, err := x11.Displays(ctx)
	if err != nil {
		printRow(w, "all", err)
	}
	for _, d := range displays {
		name := d.Name
		if d.Err == nil {
			name += fmt.Sprintf(" %dx%d", d.Width, d.Height)
		}
		if d.Name == def {
			name += " (default)"
		}
		printRow(w, name, d.Err)
	}
	if len(displays) == 0 {
		fmt.Fprintln(w, "  none: host starts a virtual one")
	}
}

func printRow(w io.Writer, name string, err error) {
	state := "ok"
	if err != nil {
		state = "no: " + strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	fmt.Fprintf(w, "  %-22s %s\n", name, state)
}
