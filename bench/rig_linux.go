package bench

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/causeway-rtc/causeway/capture/virtual"
)

// startTimeout bounds how long a rig may take to show its first picture.
const startTimeout = 60 * time.Second

// RigOptions says what to set up.
type RigOptions struct {
	// Width and Height are the size of both displays in pixels.
	Width, Height int
	// Bitrate is the host's, as its flag takes it: "12M".
	Bitrate string
	// Host is the path of the host program.
	Host string
	// HostArgs are further flags for it.
	HostArgs []string
	// Open opens the application on the host's display.
	Open func(display string) (App, error)
	// WithoutBrowser leaves the viewer's display empty.
	WithoutBrowser bool
	// DevTools lets the rig drive the browser, which then opens blank.
	DevTools bool
	// Logs is the folder for what the programs print, and Name starts the
	// names of its files.
	Logs, Name string
}

// Rig is a host and a viewer on one machine, with an application to watch.
type Rig struct {
	o RigOptions
	// HostDisplay is what is streamed, ViewerDisplay what the viewer sees.
	HostDisplay, ViewerDisplay *virtual.Display
	App                        App
	Host, Browser              *Process
	Probe                      *Probe
	// URL is the address of the viewer page, with all it takes to get in.
	URL string

	dir     string
	closers []func() error
}

// StartRig sets everything up and waits until the application's first picture
// is on the viewer's display, unless that stays empty or blank.
func StartRig(ctx context.Context, o RigOptions) (*Rig, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	r := &Rig{o: o}
	if err := r.start(ctx); err != nil {
		return nil, errors.Join(err, r.keepPicture(), r.Close())
	}
	return r, nil
}

func (r *Rig) start(ctx context.Context) (err error) {
	if r.dir, err = os.MkdirTemp("", "causeway-bench-"); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	r.onClose(func() error { return os.RemoveAll(r.dir) })
	if r.HostDisplay, err = r.startDisplay(ctx); err != nil {
		return err
	}
	if err := r.startViewerDisplay(ctx); err != nil {
		return err
	}
	if r.App, err = r.o.Open(r.HostDisplay.Name()); err != nil {
		return err
	}
	r.onClose(r.App.Close)
	if err := r.startHost(ctx); err != nil || r.o.WithoutBrowser {
		return err
	}
	page := r.URL
	if r.o.DevTools {
		page = blankPage
	}
	if err := r.startBrowser(page); err != nil || r.o.DevTools {
		return err
	}
	err = r.Probe.Locate(ctx, FirstCode)
	return errors.Join(err, r.Alive())
}

// startViewerDisplay starts the viewer's display and connects the probe to it.
func (r *Rig) startViewerDisplay(ctx context.Context) (err error) {
	if r.ViewerDisplay, err = r.startDisplay(ctx); err != nil {
		return err
	}
	if r.Probe, err = OpenProbe(r.ViewerDisplay.Name()); err != nil {
		return err
	}
	r.onClose(r.Probe.Close)
	return nil
}

func (r *Rig) startDisplay(ctx context.Context) (*virtual.Display, error) {
	d, err := startDisplay(ctx, r.o.Width, r.o.Height)
	if err == nil {
		r.onClose(d.Close)
	}
	return d, err
}

// startDisplay starts a display that keeps its size.
func startDisplay(ctx context.Context, width, height int) (*virtual.Display, error) {
	return virtual.Start(ctx, virtual.Options{Width: width, Height: height, MaxWidth: width, MaxHeight: height})
}

// startHost starts the host program and waits for its URL.
func (r *Rig) startHost(ctx context.Context) (err error) {
	urlFile := filepath.Join(r.dir, "url")
	args := []string{
		"--listen", "127.0.0.1:0", "--display", r.HostDisplay.Name(), "--url-file", urlFile,
		"--fps", "60", "--bitrate", r.o.Bitrate, "--audio", "off",
	}
	cmd := exec.Command(r.o.Host, append(args, r.o.HostArgs...)...)
	cmd.Env = slices.Concat(cmd.Environ(), r.HostDisplay.Env(), []string{"HOME=" + r.dir})
	if r.Host, err = startProcess(cmd, r.logPath("host.log")); err != nil {
		return err
	}
	r.onClose(r.Host.Close)
	for {
		if text, err := os.ReadFile(urlFile); err == nil && strings.Contains(string(text), "://") {
			r.URL = strings.TrimSpace(string(text))
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("bench: the host wrote no URL: %w", ctx.Err())
		case <-r.Host.Done():
			return r.Host.ended()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// blankPage is where a browser starts that is to be driven.
const blankPage = "about:blank"

// startBrowser starts Chromium full screen on the viewer's display.
func (r *Rig) startBrowser(page string) (err error) {
	args := []string{
		"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--no-default-browser-check", "--password-store=basic", "--test-type",
		"--user-data-dir=" + r.profile(), "--kiosk", "--window-position=0,0",
		fmt.Sprintf("--window-size=%d,%d", r.o.Width, r.o.Height),
	}
	if r.o.DevTools {
		args = append(args, "--remote-debugging-port=0")
	}
	cmd := exec.Command("chromium", append(args, page)...)
	cmd.Env = slices.Concat(cmd.Environ(), r.ViewerDisplay.Env(), []string{"HOME=" + r.dir})
	if r.Browser, err = startProcess(cmd, r.logPath("chromium.log")); err != nil {
		return err
	}
	r.onClose(r.Browser.Close)
	return nil
}

// profile is the folder of the browser's state.
func (r *Rig) profile() string { return filepath.Join(r.dir, "profile") }

// StartViewers starts n headless viewers that watch for duration. They yield
// to everything else on the machine and decode nothing, so that they take
// little from the host. stop ends them and returns how many pictures a second
// they received on average; that one had ended before is an error.
func (r *Rig) StartViewers(program string, n int, duration time.Duration) (stop func() (fps float64, err error), err error) {
	var viewers []*Process
	stop = func() (float64, error) {
		var errs []error
		sum := 0.0
		for _, p := range viewers {
			errs = append(errs, p.ended(), p.Close())
			log, err := os.ReadFile(p.log.Name())
			fps, perr := parseWatched(string(log))
			errs = append(errs, err, perr)
			sum += fps
		}
		return sum / float64(n), errors.Join(errs...)
	}
	for i := range n {
		cmd := exec.Command("nice", "-n", "10", program, "--url", r.URL, "--duration", duration.String(), "--stats", "json", "--decode=false")
		p, err := startProcess(cmd, r.logPath(fmt.Sprintf("viewer-%d-of-%d.log", i+1, n)))
		if err != nil {
			_, stopped := stop()
			return nil, errors.Join(err, stopped)
		}
		viewers = append(viewers, p)
	}
	return stop, nil
}

// Alive is an error when a program of the rig has ended.
func (r *Rig) Alive() error {
	for _, p := range []*Process{r.Host, r.Browser} {
		if p == nil {
			continue
		}
		if err := p.ended(); err != nil {
			return err
		}
	}
	return nil
}

// keepPicture saves what the viewer saw beside the logs.
func (r *Rig) keepPicture() error {
	if r.Probe == nil {
		return nil
	}
	picture, err := r.Probe.Picture()
	if err != nil {
		return err
	}
	file, err := os.Create(r.logPath("viewer.png"))
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return errors.Join(png.Encode(file, picture), file.Close())
}

func (r *Rig) logPath(name string) string { return filepath.Join(r.o.Logs, r.o.Name+"-"+name) }

func (r *Rig) onClose(f func() error) { r.closers = append(r.closers, f) }

// Close ends everything, last started first. The second call does nothing.
func (r *Rig) Close() error {
	var errs []error
	for _, f := range slices.Backward(r.closers) {
		errs = append(errs, f())
	}
	r.closers = nil
	return errors.Join(errs...)
}
