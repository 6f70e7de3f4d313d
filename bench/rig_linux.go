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
	"time"

	"github.com/causeway-rtc/causeway/capture/virtual"
)

// startTimeout bounds how long a rig may take to show its first picture.
const startTimeout = 60 * time.Second

// RigOptions says what to set up.
type RigOptions struct {
	// Width and Height are the size of the host's display, and of the
	// browser's window, in pixels.
	Width, Height int
	// Kbps is the highest bit rate of the picture. Zero means [Kbps].
	Kbps int
	// System is what is measured.
	System System
	// Sound gives host and viewer a sound server each.
	Sound bool
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
	HostDisplay, ViewerDisplay Desktop
	// HostSound and ViewerSound are what host and browser play to; nil
	// without sound.
	HostSound, ViewerSound *virtual.Sound
	App                    App
	// Host is every program of the system under measurement.
	Host    []*Process
	Browser *Process
	Probe   *Probe
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
	if o.Kbps == 0 {
		o.Kbps = Kbps(o.Width, o.Height)
	}
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
	if r.HostDisplay, err = r.o.System.StartDisplay(ctx, r); err != nil {
		return err
	}
	if err := errors.Join(r.startSound(ctx), r.startViewerDisplay(ctx)); err != nil {
		return err
	}
	if r.App, err = r.o.Open(r.HostDisplay.Name()); err != nil {
		return err
	}
	r.onClose(r.App.Close)
	if r.URL, err = r.o.System.Serve(ctx, r); err != nil || r.o.WithoutBrowser {
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
	// Chromium makes a window that is as large as the display a pixel
	// smaller, so that window managers do not take it for full screen.
	if r.ViewerDisplay, err = r.startDisplay(ctx, r.o.Width+viewerMargin, r.o.Height+viewerMargin); err != nil {
		return err
	}
	if r.Probe, err = OpenProbe(r.ViewerDisplay.Name()); err != nil {
		return err
	}
	r.onClose(r.Probe.Close)
	return nil
}

// viewerMargin is by how much the viewer's display is larger than the host's.
const viewerMargin = 16

func (r *Rig) startDisplay(ctx context.Context, width, height int) (*virtual.Display, error) {
	d, err := startDisplay(ctx, width, height)
	if err == nil {
		r.onClose(d.Close)
	}
	return d, err
}

// startDisplay starts a display that keeps its size.
func startDisplay(ctx context.Context, width, height int) (*virtual.Display, error) {
	return virtual.Start(ctx, virtual.Options{Width: width, Height: height, MaxWidth: width, MaxHeight: height})
}

// startSound starts both sound servers, where sound is asked for.
func (r *Rig) startSound(ctx context.Context) (err error) {
	if !r.o.Sound {
		return nil
	}
	for _, server := range []**virtual.Sound{&r.HostSound, &r.ViewerSound} {
		if *server, err = virtual.StartSound(ctx, virtual.SoundOptions{}); err != nil {
			return err
		}
		r.onClose((*server).Close)
	}
	return nil
}

// blankPage is where a browser starts that is to be driven.
const blankPage = "about:blank"

// startBrowser starts Chromium full screen on the viewer's display.
func (r *Rig) startBrowser(page string) (err error) {
	args := []string{
		"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--no-default-browser-check", "--password-store=basic", "--test-type",
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", // its own errands are no traffic of ours
		"--user-data-dir=" + r.profile(), "--kiosk", "--window-position=0,0",
		fmt.Sprintf("--window-size=%d,%d", r.o.Width, r.o.Height),
	}
	if r.o.DevTools {
		args = append(args, "--remote-debugging-port=0")
	}
	if r.o.Sound {
		args = append(args, "--autoplay-policy=no-user-gesture-required")
	}
	cmd := exec.Command("chromium", append(args, page)...)
	cmd.Env = slices.Concat(cmd.Environ(), r.ViewerDisplay.Env(), []string{"HOME=" + r.dir})
	if r.ViewerSound != nil {
		cmd.Env = append(cmd.Env, r.ViewerSound.Env()...)
	}
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
	all := r.Host
	if r.Browser != nil {
		all = append(slices.Clone(all), r.Browser)
	}
	for _, p := range all {
		if err := p.ended(); err != nil {
			return err
		}
	}
	return nil
}

// HostCPU is the CPU time that the system under measurement has used.
func (r *Rig) HostCPU() (sum time.Duration, err error) {
	for _, p := range r.Host {
		used, err := CPUTime(p.Pid())
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}

// HostMemory is the memory that it has, in bytes.
func (r *Rig) HostMemory() (sum int64, err error) {
	for _, p := range r.Host {
		resident, err := ResidentMemory(p.Pid())
		if err != nil {
			return 0, err
		}
		sum += resident
	}
	return sum, nil
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
