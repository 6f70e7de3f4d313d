package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/virtual"
	"github.com/causeway-rtc/causeway/capture/x11"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/input/injectors"
)

// desktop is what is streamed: the display that the machine has, or a virtual
// one, with a sound server, that lives as long as the host and is started
// again when it dies.
type desktop struct {
	c   config
	log *slog.Logger
	// view is the part of the display that is streamed, guard knows what is
	// where on it.
	view  *capture.View
	guard *x11.Guard

	mu      sync.Mutex
	display string           // the X display's name at this moment
	server  string           // the sound server's address, "" for the usual one
	screen  *virtual.Display // nil when the display is the machine's
	sound   *virtual.Sound   // nil when the sound is the machine's
}

// openDesktop finds the display to stream, or starts one.
func openDesktop(ctx context.Context, c config, getenv func(string) string, log *slog.Logger) (*desktop, error) {
	d := &desktop{c: c, log: log, display: c.display, server: soundServer(getenv), view: capture.NewView(c.area())}
	d.guard = x11.NewGuard(d.view, func() string {
		display, _ := d.now()
		return display
	})
	if c.capture == "pattern" {
		return d, nil
	}
	if d.display == "" && c.width == 0 {
		d.display = getenv("DISPLAY")
	}
	if d.display != "" {
		// kbinani and robotgo know no other way to be told.
		return d, errors.Join(os.Setenv("DISPLAY", d.display), d.checkArea(ctx))
	}
	if c.audio == "auto" {
		if err := d.startSound(ctx); err != nil {
			log.Warn("no sound", "err", err)
		}
	}
	if err := d.startScreen(ctx); err != nil {
		d.close()
		return nil, err
	}
	// The windows of a virtual display are still to come.
	if !c.area().Masked() {
		if err := d.checkArea(ctx); err != nil {
			d.close()
			return nil, err
		}
	}
	return d, nil
}

// soundServer is the address of the user's own sound server, or "" for the
// usual place.
func soundServer(getenv func(string) string) string {
	if s := getenv("PULSE_SERVER"); s != "" {
		return s
	}
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" {
		return "unix:" + dir + "/pulse/native"
	}
	return ""
}

func (d *desktop) startSound(ctx context.Context) error {
	s, err := virtual.StartSound(ctx, virtual.SoundOptions{Channels: d.c.channels(), Log: d.log})
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sound, d.server = s, s.Server()
	return nil
}

func (d *desktop) startScreen(ctx context.Context) error {
	o := virtual.Options{Width: d.c.width, Height: d.c.height, Scale: d.c.scale, WindowManager: true, Run: d.programs(), Log: d.log}
	if d.server != "" {
		o.Env = []string{"PULSE_SERVER=" + d.server}
	}
	s, err := virtual.Start(ctx, o)
	if err != nil {
		return err
	}
	for _, e := range s.Env() {
		if name, value, ok := strings.Cut(e, "="); ok && (name == "DISPLAY" || name == "XAUTHORITY") {
			if err := os.Setenv(name, value); err != nil {
				s.Close()
				return err
			}
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.screen, d.display = s, s.Name()
	return nil
}

// programs are the commands to run on a virtual display.
func (d *desktop) programs() []string {
	if len(d.c.run) > 0 {
		return d.c.run
	}
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	return []string{
		"exec xterm -geometry 72x20+40+40 -fa 'DejaVu Sans Mono' -fs 11 -bg '#10151c' -fg '#d7dde5'",
		"exec '" + strings.ReplaceAll(self, "'", `'\''`) + "' demo",
	}
}

// run starts a virtual display or sound server again when it has died, until
// ctx is done.
func (d *desktop) run(ctx context.Context) {
	for ctx.Err() == nil {
		d.mu.Lock()
		screen, sound := d.screen, d.sound
		d.mu.Unlock()
		var screenDone, soundDone <-chan struct{}
		if screen != nil {
			screenDone = screen.Done()
		}
		if sound != nil {
			soundDone = sound.Done()
		}
		var err error
		select {
		case <-ctx.Done():
			return
		case <-screenDone:
			d.log.Warn("the virtual display died; starting another")
			screen.Close()
			err = d.startScreen(ctx)
		case <-soundDone:
			d.log.Warn("the sound server died; starting another")
			sound.Close()
			err = d.startSound(ctx)
		}
		if err != nil && ctx.Err() == nil {
			d.log.Error("cannot start it; trying again", "err", err)
			pause(ctx, time.Second)
		}
	}
}

// pause waits for t or until ctx is done.
func pause(ctx context.Context, t time.Duration) {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// close stops what the host started.
func (d *desktop) close() {
	d.guard.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.screen != nil {
		d.screen.Close()
	}
	if d.sound != nil {
		d.sound.Close()
	}
}

func (d *desktop) now() (display, server string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.display, d.server
}

// The methods below bind backends to this desktop: each time one is opened,
// it opens the display or the server as it is called at that moment.

func (d *desktop) capture(all []capture.Backend) []capture.Backend {
	bound := make([]capture.Backend, len(all))
	for i, b := range all {
		bound[i] = b
		bound[i].Open = func(ctx context.Context, o capture.Options) (capture.Source, error) {
			o.Display, _ = d.now()
			return b.Open(ctx, o)
		}
	}
	return bound
}

func (d *desktop) audio(all []capture.AudioBackend) []capture.AudioBackend {
	bound := make([]capture.AudioBackend, len(all))
	for i, b := range all {
		bound[i] = b
		bound[i].Open = func(ctx context.Context, o capture.AudioOptions) (capture.AudioSource, error) {
			_, o.Server = d.now()
			return b.Open(ctx, o)
		}
	}
	return bound
}

func (d *desktop) injectors(all []input.Backend) []input.Backend {
	bound := make([]input.Backend, len(all))
	for i, b := range all {
		bound[i] = b
		bound[i].Open = func(ctx context.Context, o input.Options) (input.Injector, error) {
			o.Display, _ = d.now()
			return b.Open(ctx, o)
		}
	}
	return bound
}

// microphone is one that viewers speak into, on the sound server of the moment.
func (d *desktop) microphone(ctx context.Context) (input.VirtualMicrophone, error) {
	errs := []error{errors.ErrUnsupported}
	for _, b := range injectors.Microphones {
		_, server := d.now()
		m, err := b.Open(ctx, input.MicrophoneOptions{Server: server, Log: d.log})
		if err == nil {
			return m, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}
