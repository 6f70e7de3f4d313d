package virtual

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// startTimeout bounds the start of a server when ctx does not.
const startTimeout = 30 * time.Second

// Options says what display to start. The zero value is 1280×720, empty.
type Options struct {
	// Width and Height are the size in pixels. Zero means 1280×720.
	Width, Height int
	// MaxWidth and MaxHeight bound what Resize can do. Zero means 3840×2160,
	// or Width and Height where those are larger.
	MaxWidth, MaxHeight int
	// Scale is how many times larger than usual programs draw, for a viewer
	// whose pixels are small: 2 for text of 192 dots an inch. Zero means 1.
	Scale float64
	// WindowManager starts openbox, where it is installed.
	WindowManager bool
	// Run are shell commands to start on the display, in order. One that
	// ends stays ended.
	Run []string
	// Env is added to the environment of the commands: PULSE_SERVER=… makes
	// them heard.
	Env []string
	// Output receives what the commands print. Nil discards.
	Output io.Writer
	// Log receives what a person may need to know. Nil discards.
	Log *slog.Logger
}

// withDefaults completes o.
func (o Options) withDefaults() Options {
	if o.Width <= 0 || o.Height <= 0 {
		o.Width, o.Height = 1280, 720
	}
	if o.MaxWidth <= 0 || o.MaxHeight <= 0 {
		o.MaxWidth, o.MaxHeight = 3840, 2160
	}
	o.MaxWidth, o.MaxHeight = max(o.MaxWidth, o.Width), max(o.MaxHeight, o.Height)
	if o.Scale <= 0 {
		o.Scale = 1
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Display is a running X server. Its methods may be called from any goroutine.
type Display struct {
	name   string
	cookie string // of the first connection, in hexadecimal
	dir    string // private; holds the cookie's file
	max    [2]int
	server *process
	env    []string
	log    *slog.Logger

	mu       sync.Mutex // serialises Resize
	programs []*process // set by Start only
	closing  sync.Once
}

// Start starts a display, sets its size and runs o.Run on it. ctx bounds the
// start alone: the display lives until [Display.Close].
func Start(ctx context.Context, o Options) (*Display, error) {
	o = o.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	dir, err := os.MkdirTemp("", "causeway-display-")
	if err != nil {
		return nil, fmt.Errorf("virtual: %w", err)
	}
	d := &Display{dir: dir, max: [2]int{o.MaxWidth, o.MaxHeight}, log: o.Log}
	if err := d.start(ctx, o); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Display) start(ctx context.Context, o Options) error {
	if err := d.serve(ctx); err != nil {
		return err
	}
	if err := d.admitUser(ctx); err != nil {
		return fmt.Errorf("virtual: let the user in: %w", err)
	}
	if err := d.Resize(ctx, o.Width, o.Height); err != nil {
		return err
	}
	if err := d.setScale(ctx, o.Scale); err != nil {
		return err
	}
	d.env = append([]string{"DISPLAY=" + d.name, "XAUTHORITY=" + d.authority()}, o.Env...)
	if o.WindowManager {
		if _, err := exec.LookPath("openbox"); err == nil {
			o.Run = append([]string{"exec openbox"}, o.Run...)
		} else {
			d.log.Warn("no window manager; install the package openbox")
		}
	}
	for _, command := range o.Run {
		if err := d.run(command, o.Output); err != nil {
			return err
		}
	}
	d.log.Info("virtual display started", "display", d.name)
	return nil
}

// serve starts Xvfb and waits until it has said which number it took.
func (d *Display) serve(ctx context.Context) error {
	path, err := exec.LookPath("Xvfb")
	if err != nil {
		return fmt.Errorf("virtual: no X server for a display in memory; install the package xvfb: %w", err)
	}
	if d.cookie, err = writeAuthority(d.authority()); err != nil {
		return fmt.Errorf("virtual: %w", err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("virtual: %w", err)
	}
	defer read.Close()
	// -noreset keeps settings and root window when the last program leaves.
	cmd := exec.Command(path, "-displayfd", "3", "-auth", d.authority(), "-noreset", "-nolisten", "tcp",
		"-screen", "0", fmt.Sprintf("%dx%dx24", d.max[0], d.max[1]))
	cmd.ExtraFiles = []*os.File{write}
	var complaint tail
	cmd.Stderr = &complaint
	d.server, err = launch(cmd)
	write.Close()
	if err != nil {
		return fmt.Errorf("virtual: start Xvfb: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { read.Close() })
	defer stop()
	line, err := bufio.NewReader(read).ReadString('\n')
	if ctx.Err() != nil {
		return fmt.Errorf("virtual: start Xvfb: %w", ctx.Err())
	}
	number, convErr := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || convErr != nil {
		<-d.server.done
		return fmt.Errorf("virtual: Xvfb ended at once (%v): %s", d.server.err, complaint.String())
	}
	d.name = ":" + strconv.Itoa(number)
	return nil
}

// run starts a shell command on the display.
func (d *Display) run(command string, output io.Writer) error {
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Env = append(os.Environ(), d.env...)
	cmd.Stdout, cmd.Stderr = output, output
	p, err := launch(cmd)
	if err != nil {
		return fmt.Errorf("virtual: run %q: %w", command, err)
	}
	d.programs = append(d.programs, p)
	return nil
}

// Name is the display's name: ":99".
func (d *Display) Name() string { return d.name }

// Env is what a program needs in its environment to appear on the display.
func (d *Display) Env() []string { return append([]string(nil), d.env...) }

// Done is closed when the X server has ended, be it by Close or by itself.
func (d *Display) Done() <-chan struct{} { return d.server.done }

// Pid is the process id of the X server, for whoever measures or kills it.
func (d *Display) Pid() int { return d.server.cmd.Process.Pid }

// Close ends the programs and the X server and removes what they left. It
// waits until they are gone. The second call does nothing.
func (d *Display) Close() error {
	var err error
	d.closing.Do(func() {
		var wait sync.WaitGroup
		for _, p := range d.programs {
			wait.Go(p.stop)
		}
		wait.Wait()
		if d.server != nil {
			d.server.stop()
			d.log.Info("virtual display stopped", "display", d.name)
		}
		err = os.RemoveAll(d.dir)
	})
	return err
}

// authority is the path of the cookie's file.
func (d *Display) authority() string { return filepath.Join(d.dir, "authority") }

// dial opens a connection to the display's socket.
func (d *Display) dial(ctx context.Context) (net.Conn, error) {
	var dialer net.Dialer
	return dialer.DialContext(ctx, "unix", "/tmp/.X11-unix/X"+strings.TrimPrefix(d.name, ":"))
}

// tail keeps the last words of a process for an error message.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if surplus := len(t.text) - 1024; surplus > 0 {
		t.text = append(t.text[:0], t.text[surplus:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
