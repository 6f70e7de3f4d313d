package bench

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// rivalFiles are the pages and programs that rivals need beside what their
// packages have.
//
//go:embed rivals
var rivalFiles embed.FS

// rivalFile writes one of rivalFiles where programs can read it.
func (r *Rig) rivalFile(name string) (path string, err error) {
	text, err := rivalFiles.ReadFile("rivals/" + name)
	if err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	path = filepath.Join(r.dir, name)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	return path, nil
}

// Webrtcbin is GStreamer's WebRTC with libx264, as rivals/webrtcbin.py has
// it: the fastest preset, tuned for no latency, at a constant quality below the
// bit rate that all systems may use, on a display like ours.
type Webrtcbin struct{}

// debianPython is the interpreter that Debian's packages are made for; one
// that comes first on the PATH may not see them.
const debianPython = "/usr/bin/python3"

// Name implements [System].
func (Webrtcbin) Name() string { return "GStreamer webrtcbin" }

// StartDisplay implements [System].
func (Webrtcbin) StartDisplay(ctx context.Context, r *Rig) (Desktop, error) {
	return r.startDisplay(ctx, r.o.Width, r.o.Height)
}

// Serve implements [System].
func (Webrtcbin) Serve(ctx context.Context, r *Rig) (string, error) {
	program, err := r.rivalFile("webrtcbin.py")
	page, perr := r.rivalFile("webrtcbin.html")
	if err := errors.Join(err, perr); err != nil {
		return "", err
	}
	host, err := r.StartHost("webrtcbin", nil, debianPython, program, page, strconv.Itoa(r.o.Kbps))
	if err != nil {
		return "", err
	}
	return host.await(ctx, host.log.Name())
}

// TigerVNC is a display that is a VNC server itself, which spares it the
// capture, with noVNC in the browser and websockify between them. The Unix
// socket keeps what websockify reads off the network, so that it counts once.
type TigerVNC struct{}

// Name implements [System].
func (TigerVNC) Name() string { return "TigerVNC + noVNC" }

// noVNC is where its package lies.
const noVNC = "/usr/share/novnc"

// StartDisplay implements [System].
func (TigerVNC) StartDisplay(ctx context.Context, r *Rig) (Desktop, error) {
	number, err := freeDisplay()
	if err != nil {
		return nil, err
	}
	p, err := r.StartHost("tigervnc", []string{"HOME=" + r.dir}, "Xtigervnc", ":"+number,
		"-geometry", fmt.Sprintf("%dx%d", r.o.Width, r.o.Height), "-depth", "24", "-FrameRate", "60",
		"-SecurityTypes", "None", "-rfbunixpath", r.rfbSocket(), "-rfbport", "-1", "-nolisten", "tcp", "-noreset")
	if err != nil {
		return nil, err
	}
	for {
		if c, err := net.Dial("unix", x11Socket(number)); err == nil {
			return xServer(":" + number), c.Close()
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("bench: Xtigervnc does not answer: %w", ctx.Err())
		case <-p.Done():
			return nil, p.ended()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (r *Rig) rfbSocket() string { return filepath.Join(r.dir, "rfb") }

// Serve implements [System].
func (TigerVNC) Serve(ctx context.Context, r *Rig) (string, error) {
	if _, err := r.rivalFile("novnc.html"); err != nil {
		return "", err
	}
	for _, part := range []string{"core", "vendor"} {
		if err := os.Symlink(filepath.Join(noVNC, part), filepath.Join(r.dir, part)); err != nil {
			return "", fmt.Errorf("bench: %w", err)
		}
	}
	const port = "6080" // of a network that is the benchmarks' own, or else free by convention
	p, err := r.StartHost("websockify", nil, "websockify", "--web", r.dir, "--unix-target", r.rfbSocket(), "127.0.0.1:"+port)
	if err != nil {
		return "", err
	}
	for {
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			return "http://127.0.0.1:" + port + "/novnc.html", c.Close()
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("bench: websockify does not answer: %w", ctx.Err())
		case <-p.Done():
			return "", p.ended()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// xServer is an X server that lets this user in by itself, by its display's
// name.
type xServer string

// Name implements [Desktop].
func (x xServer) Name() string { return string(x) }

// Env implements [Desktop].
func (x xServer) Env() []string { return []string{"DISPLAY=" + string(x)} }

// x11Socket is where the X server of that number listens.
func x11Socket(number string) string { return "/tmp/.X11-unix/X" + number }

// freeDisplay finds a number that no X server has.
func freeDisplay() (string, error) {
	for n := 40; n < 100; n++ {
		number := strconv.Itoa(n)
		_, err := os.Lstat(x11Socket(number))
		_, lerr := os.Lstat("/tmp/.X" + number + "-lock")
		if errors.Is(err, os.ErrNotExist) && errors.Is(lerr, os.ErrNotExist) {
			return number, nil
		}
	}
	return "", errors.New("bench: no free display")
}

// RivalsMissing names the programs and files that the rivals need and the
// machine lacks.
func RivalsMissing() error {
	var missing []string
	for _, program := range []string{"Xtigervnc", "websockify", debianPython} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	if _, err := os.Stat(filepath.Join(noVNC, "core", "rfb.js")); err != nil {
		missing = append(missing, "noVNC")
	}
	const need = "import gi; gi.require_version('GstWebRTC', '1.0'); from gi.repository import GstWebRTC; import Xlib"
	if err := exec.Command(debianPython, "-c", need).Run(); err != nil {
		missing = append(missing, "GStreamer's WebRTC and Xlib for Python")
	}
	if missing == nil {
		return nil
	}
	return fmt.Errorf("bench: the rivals lack %s; install the packages marked rivals in .ci/packages", strings.Join(missing, ", "))
}
