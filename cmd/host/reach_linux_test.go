package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/web/webtest"
)

func TestPageOverTLSWithTheHostsOwnCertificate(t *testing.T) {
	h := startHost(t, nil, "--listen", "0.0.0.0:0", "--capture", "pattern", "--fps", "20", "--inject", "none", "--audio", "off")
	if !strings.HasPrefix(h.url, "https://") {
		t.Fatalf("beyond this machine the address is %s, want https", h.url)
	}
	b := browse(t, h, webtest.Options{Flags: []string{"ignore-certificate-errors"}})
	b.WaitFrames(5, patience)
	var secure bool
	b.Eval("window.isSecureContext", &secure)
	if !secure {
		t.Error("the page is no secure context")
	}
	print := regexp.MustCompile(`(?:[0-9A-F]{2}:){31}[0-9A-F]{2}`).FindString(h.log.String())
	v := startViewer(t, h.url, "--fingerprint", print)
	v.frames(3)
}

func TestLoopbackNeedsNoTokenWhenAskedFor(t *testing.T) {
	h := startHost(t, nil, "--auth", "none", "--capture", "pattern", "--fps", "20", "--inject", "none", "--audio", "off")
	if strings.Contains(h.url, "#") {
		t.Errorf("the address %s has a token", h.url)
	}
	browse(t, h, webtest.Options{}).WaitFrames(5, patience)
}

// typedAt runs the real host as a person does and returns what it prints and
// its exit status.
func typedAt(t *testing.T, binary string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestCommandLineAsAPersonTypesIt(t *testing.T) {
	host := program(t, "host")
	for _, c := range []struct {
		line   string
		status int
		stdout string
		stderr string
	}{
		{"--version", 0, "host ", ""},
		{"--help", 0, "--listen ADDR:PORT", ""},
		{"-h", 0, "CAUSEWAY_LISTEN", ""},
		{"list", 0, "pattern                ok", ""},
		{"list", 0, "libx264 (h264)         ok", ""},
		{"try-encoder libx264", 0, "ok ", ""},
		{"--virtual 1280", 2, "", "such as 1280x720"},
		{"--virtual 9999x720", 2, "", "the nearest is 4096x720"},
		{"--fps 0", 2, "", "the nearest is 1"},
		{"--bitrate 9G", 2, "", "such as 8M"},
		{"--codec h265", 2, "", "did you mean h264?"},
		{"--encoder x265", 2, "", "did you mean x264?"},
		{"--capture wayland", 2, "", "allowed are auto, x11, kbinani, pattern"},
		{"--display 0", 2, "", "did you mean :0?"},
		{"--listen 127.0.0.1", 2, "", "did you mean 127.0.0.1:8470?"},
		{"--lisen 127.0.0.1:1", 2, "", "did you mean --listen?"},
		{"--token abc", 2, "", "too short"},
		{"--auth none --listen 0.0.0.0:0", 2, "", "--insecure"},
		{"--display :0 --virtual 640x480", 2, "", "exclude each other"},
		{"lst", 2, "", "host list"},
		{"--fps", 2, "", "needs a value"},
		{"--codec vp8 --encoder x264 --capture pattern --listen 127.0.0.1:0", 2, "", "leave out --codec vp8"},
	} {
		t.Run(c.line, func(t *testing.T) {
			stdout, stderr, status := typedAt(t, host, strings.Fields(c.line)...)
			if status != c.status || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
				t.Errorf("status %d, want %d; printed %q and %q, want %q and %q",
					status, c.status, stdout, stderr, c.stdout, c.stderr)
			}
			if status != 0 && (strings.Contains(stderr, "goroutine") || !strings.HasPrefix(stderr, "host: ")) {
				t.Errorf("the complaint is %q", stderr)
			}
		})
	}
}

func TestHostEncodesWithWhatFFmpegHas(t *testing.T) {
	h := startHost(t, nil, "--encoder", "libx264", "--capture", "pattern", "--fps", "20", "--inject", "none", "--audio", "off")
	browse(t, h, webtest.Options{}).WaitFrames(5, patience)
	if !strings.Contains(h.log.String(), "backend=libx264") {
		t.Errorf("it did not: %s", h.log)
	}
}

func TestEncoderThatThisBuildLacksIsRefusedAtTheStart(t *testing.T) {
	host := filepath.Join(t.TempDir(), "host")
	build := exec.Command("go", "build", "-o", host, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, stderr, status := typedAt(t, host, "--encoder", "x264", "--capture", "pattern", "--listen", "127.0.0.1:0")
	t.Logf("it says: %s", stderr)
	if status == 0 || !strings.Contains(stderr, "x264") || !strings.Contains(stderr, "gpl") {
		t.Errorf("status %d and %q; want a refusal that names x264 and the tag gpl", status, stderr)
	}
}
