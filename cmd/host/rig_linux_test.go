package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long the tests wait for what takes a fraction of a second
// on a machine that is not busy.
const patience = 60 * time.Second

var built struct {
	once sync.Once
	dir  string
	err  error
}

// TestMain removes what the tests built.
func TestMain(m *testing.M) {
	status := m.Run()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(status)
}

// program builds one of our commands, with everything that this machine can
// build, and returns its path.
func program(t *testing.T, name string) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "causeway-test-"); built.err != nil {
			return
		}
		cmd := exec.Command("go", "build", "-tags", "gpl", "-o", built.dir, "../host", "../viewer")
		if out, err := cmd.CombinedOutput(); err != nil {
			built.err = errors.Join(err, errors.New(string(out)))
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, name)
}

// process is a running host.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string // the viewer's
	log  *output
	done chan struct{}
}

// output collects what a process prints.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// startHost starts the real host on a free port and waits until it is ready.
// env is added to the environment, from which DISPLAY and the like are taken
// away first.
func startHost(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	urlFile := filepath.Join(t.TempDir(), "url")
	args = append([]string{"--listen", "127.0.0.1:0", "--url-file", urlFile, "--log-level", "debug"}, args...)
	p := &process{t: t, cmd: exec.Command(program(t, "host"), args...), log: &output{}, done: make(chan struct{})}
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if name != "DISPLAY" && name != "XAUTHORITY" && name != "PULSE_SERVER" && name != "WAYLAND_DISPLAY" {
			p.cmd.Env = append(p.cmd.Env, e)
		}
	}
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(p.stop)
	p.eventually("the host to write its URL", func() bool {
		b, err := os.ReadFile(urlFile)
		p.url = strings.TrimSpace(string(b))
		return err == nil
	})
	return p
}

// stop ends the host in order; it is killed if it does not end. One whose test
// has failed says where its goroutines are instead.
func (p *process) stop() {
	end := os.Interrupt
	if p.t.Failed() {
		end = syscall.SIGQUIT
	}
	p.cmd.Process.Signal(end)
	select {
	case <-p.done:
	case <-time.After(patience):
		p.t.Error("the host did not end")
		p.cmd.Process.Kill()
		<-p.done
	}
	if p.t.Failed() {
		p.t.Logf("the host said:\n%s", p.log)
	}
}

// running is true until the host has ended.
func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// eventually waits until ok, and fails when the host ends before that.
func (p *process) eventually(what string, ok func() bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			p.t.Fatalf("waited in vain for %s", what)
		case <-p.done:
			p.t.Fatalf("the host ended while waiting for %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// origin is the URL without its fragment, and token the secret in it.
func (p *process) origin() (origin, token string) {
	u, err := url.Parse(p.url)
	if err != nil {
		p.t.Fatal(err)
	}
	token = strings.TrimPrefix(u.Fragment, "token=")
	return u.Scheme + "://" + u.Host, token
}

// headless is a running viewer program.
type headless struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  *output
	done chan struct{}

	mu   sync.Mutex
	last seen
}

// seen is what the tests read of a line of --stats json.
type seen struct {
	State            string
	Codec            string
	Width, Height    int
	FramesDecoded    int
	KeyFramesDecoded int
	GapMaxMs         float64
	Loudness         float64
}

// startViewer starts the real headless viewer on a host's URL.
func startViewer(t *testing.T, url string, args ...string) *headless {
	t.Helper()
	v := &headless{t: t, log: &output{}, done: make(chan struct{})}
	v.cmd = exec.Command(program(t, "viewer"), append(append([]string{"--stats", "json"}, args...), url)...)
	v.cmd.Stderr = v.log
	v.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	lines, err := v.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(v.done)
		for d := json.NewDecoder(lines); ; {
			var s seen
			if d.Decode(&s) != nil {
				break
			}
			v.mu.Lock()
			v.last = s
			v.mu.Unlock()
		}
		v.cmd.Wait()
	}()
	t.Cleanup(func() {
		v.cmd.Process.Kill()
		<-v.done
		if t.Failed() {
			t.Logf("the viewer said:\n%s", v.log)
		}
	})
	return v
}

// now is what the viewer last reported.
func (v *headless) now() seen {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.last
}

// wait waits until the viewer's report satisfies ok.
func (v *headless) wait(what string, ok func(seen) bool) {
	v.t.Helper()
	for deadline := time.Now().Add(patience); !ok(v.now()); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			v.t.Fatalf("waited in vain for %s; the viewer saw %+v", what, v.now())
		}
	}
}

// frames waits until the viewer has seen n more pictures.
func (v *headless) frames(n int) {
	v.t.Helper()
	before := v.now().FramesDecoded
	v.wait("pictures", func(s seen) bool { return s.FramesDecoded >= before+n })
}

// descendants lists the processes that pid started, and they.
func descendants(t *testing.T, pid int) []int {
	t.Helper()
	parent := map[int]int{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// The name, in parentheses, may hold anything (proc(5)).
		fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		parent[child], _ = strconv.Atoi(fields[1])
	}
	var all []int
	for child := range parent {
		for p := parent[child]; p != 0; p = parent[p] {
			if p == pid {
				all = append(all, child)
				break
			}
		}
	}
	return all
}

// alive is true while pid runs; one that nobody has waited for does not.
func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	return !bytes.HasPrefix(bytes.TrimSpace(b[bytes.LastIndexByte(b, ')')+1:]), []byte("Z"))
}
