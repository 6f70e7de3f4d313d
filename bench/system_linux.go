package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// System is a remote desktop under measurement: ours, or a rival.
type System interface {
	// Name is what tables call it.
	Name() string
	// StartDisplay starts the display that is to be streamed and leaves it
	// to r to close.
	StartDisplay(ctx context.Context, r *Rig) (Desktop, error)
	// Serve starts what streams r.HostDisplay, by [Rig.StartHost], and
	// returns the address of the page that shows it.
	Serve(ctx context.Context, r *Rig) (url string, err error)
}

// Desktop is a running X server.
type Desktop interface {
	// Name is what programs call the display.
	Name() string
	// Env is what they need in their environment to connect to it.
	Env() []string
}

// Causeway is our own host program.
type Causeway struct {
	// Program is its path.
	Program string
	// Args are further flags for it, and Env is for its environment.
	Args, Env []string
}

// Name implements [System].
func (Causeway) Name() string { return Ours }

// StartDisplay implements [System].
func (Causeway) StartDisplay(ctx context.Context, r *Rig) (Desktop, error) {
	return r.startDisplay(ctx, r.o.Width, r.o.Height)
}

// Serve implements [System].
func (c Causeway) Serve(ctx context.Context, r *Rig) (string, error) {
	urlFile := filepath.Join(r.dir, "url")
	args := []string{
		"--listen", "127.0.0.1:0", "--display", r.HostDisplay.Name(), "--url-file", urlFile,
		"--fps", "60", "--bitrate", fmt.Sprintf("%dk", r.o.Kbps),
	}
	env := append([]string{"HOME=" + r.dir}, c.Env...)
	if r.HostSound == nil {
		args = append(args, "--audio", "off")
	} else {
		env = append(env, r.HostSound.Env()...)
	}
	host, err := r.StartHost("host", env, c.Program, append(args, c.Args...)...)
	if err != nil {
		return "", err
	}
	return host.await(ctx, urlFile)
}

// Kbps is the highest bit rate that any system may use for a desktop of this
// size, in kbit/s: what a wired home network has to spare.
func Kbps(width, height int) int {
	if width*height > 1280*720 {
		return 20000
	}
	return 12000
}

// StartHost starts a program of the system under measurement, with the host's
// display in its environment. What it uses counts as the host's.
func (r *Rig) StartHost(log string, env []string, program string, args ...string) (*Process, error) {
	cmd := exec.Command(program, args...)
	cmd.Env = slices.Concat(cmd.Environ(), env)
	if r.HostDisplay != nil {
		cmd.Env = append(cmd.Env, r.HostDisplay.Env()...)
	}
	p, err := startProcess(cmd, r.logPath(log+".log"))
	if err != nil {
		return nil, err
	}
	r.Host = append(r.Host, p)
	r.onClose(p.Close)
	return p, nil
}

// await waits until a file that p writes, or what it prints, has a URL in a
// line of its own.
func (p *Process) await(ctx context.Context, file string) (url string, err error) {
	for {
		text, _ := os.ReadFile(file) // not there yet
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "http") && strings.HasSuffix(line, "\n") {
				return strings.TrimSpace(line), nil
			}
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("bench: %s wrote no URL: %w", p.name, ctx.Err())
		case <-p.Done():
			return "", p.ended()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
