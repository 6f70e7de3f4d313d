package virtual

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// SoundOptions says what sound server to start. The zero value is enough.
type SoundOptions struct {
	// Channels is how many the output has, 2 or 6. Zero means 2.
	Channels int
	// Log receives what a person may need to know. Nil discards.
	Log *slog.Logger
}

// Sound is a running PulseAudio server whose only output, "stream", is heard
// by whoever records its monitor. Its methods may be called from any
// goroutine.
type Sound struct {
	dir     string // private; holds the socket
	server  *process
	log     *slog.Logger
	closing sync.Once
}

// StartSound starts a sound server of our own, apart from the user's. ctx
// bounds the start alone: the server lives until [Sound.Close].
func StartSound(ctx context.Context, o SoundOptions) (*Sound, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	path, err := exec.LookPath("pulseaudio")
	if err != nil {
		return nil, fmt.Errorf("virtual: no sound server; install the package pulseaudio: %w", err)
	}
	dir, err := os.MkdirTemp("", "causeway-sound-")
	if err != nil {
		return nil, fmt.Errorf("virtual: %w", err)
	}
	s := &Sound{dir: dir, log: o.Log}
	channels := cmp.Or(o.Channels, 2)
	if loudspeakers[channels] == "" {
		err = fmt.Errorf("virtual: a sound server of %d channels: there may be 2 or 6", channels)
	} else {
		err = s.configure(channels)
	}
	if err == nil {
		err = s.serve(ctx, path, channels)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.log.Info("sound server started", "server", s.Server())
	return s, nil
}

// loudspeakers are where the channels of an output are heard, by how many
// there are.
var loudspeakers = map[int]string{
	2: "front-left,front-right",
	6: "front-left,front-right,front-center,lfe,rear-left,rear-right",
}

// configure writes what the server takes for usual: some programs, Chromium
// among them, ask for that, and not for what the output has. At another rate
// all that they play would be resampled.
func (s *Sound) configure(channels int) error {
	conf := fmt.Sprintf("default-sample-rate = 48000\ndefault-sample-channels = %d\ndefault-channel-map = %s\n", channels, loudspeakers[channels])
	if err := os.WriteFile(s.conf(), []byte(conf), 0o600); err != nil {
		return fmt.Errorf("virtual: %w", err)
	}
	return nil
}

func (s *Sound) conf() string { return filepath.Join(s.dir, "daemon.conf") }

// serve starts PulseAudio and waits until its socket answers.
func (s *Sound) serve(ctx context.Context, path string, channels int) error {
	// -n: none of the user's configuration. Real-time scheduling would ask
	// a system service, which a container has not.
	cmd := exec.Command(path, "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1",
		"--disallow-exit=1", "--realtime=no", "--high-priority=no", "--log-target=stderr", "--log-level=error",
		// The directory keeps others out, so the socket need not.
		"-L", "module-native-protocol-unix auth-anonymous=1 socket="+s.socket(),
		// With rewinds, an output that nobody plays to works two seconds ahead,
		// and whoever begins to record its monitor hears nothing for as long.
		"-L", fmt.Sprintf("module-null-sink sink_name=stream rate=48000 format=s16le norewinds=1 channels=%d channel_map=%s", channels, loudspeakers[channels]),
		"-L", "module-always-sink")
	cmd.Env = append(os.Environ(), "HOME="+s.dir, "PULSE_CONFIG="+s.conf(), "XDG_RUNTIME_DIR="+s.dir, "XDG_CONFIG_HOME="+s.dir,
		"PULSE_RUNTIME_PATH="+s.dir, "PULSE_STATE_PATH="+s.dir, "PULSE_COOKIE="+filepath.Join(s.dir, "cookie"),
		"DBUS_SESSION_BUS_ADDRESS=", "DBUS_SYSTEM_BUS_ADDRESS=")
	var complaint tail
	cmd.Stderr = &complaint
	var err error
	if s.server, err = launch(cmd); err != nil {
		return fmt.Errorf("virtual: start pulseaudio: %w", err)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if c, err := net.Dial("unix", s.socket()); err == nil {
			return c.Close()
		}
		select {
		case <-tick.C:
		case <-s.server.done:
			return fmt.Errorf("virtual: pulseaudio ended at once (%v): %s", s.server.err, complaint.String())
		case <-ctx.Done():
			return fmt.Errorf("virtual: start pulseaudio: %w", ctx.Err())
		}
	}
}

func (s *Sound) socket() string { return filepath.Join(s.dir, "native") }

// Server is the server's address, in the form of $PULSE_SERVER.
func (s *Sound) Server() string { return "unix:" + s.socket() }

// Env is what a program needs in its environment to be heard.
func (s *Sound) Env() []string { return []string{"PULSE_SERVER=" + s.Server()} }

// Done is closed when the server has ended, be it by Close or by itself.
func (s *Sound) Done() <-chan struct{} { return s.server.done }

// Pid is the server's process id, for whoever measures or kills it.
func (s *Sound) Pid() int { return s.server.cmd.Process.Pid }

// Close ends the server, waits until it is gone and removes what it left. The
// second call does nothing.
func (s *Sound) Close() error {
	var err error
	s.closing.Do(func() {
		if s.server != nil {
			s.server.stop()
			s.log.Info("sound server stopped", "server", s.Server())
		}
		err = os.RemoveAll(s.dir)
	})
	return err
}
