package examplestest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Patience is how long a test waits for what should happen soon, on a busy
// machine.
const Patience = time.Minute

// asProgram is set in the environment of a test binary that is to be the
// program that it tests.
const asProgram = "CAUSEWAY_EXAMPLE"

// Main runs the tests of m, or main where [Start] has started this binary. So
// the program is built as its tests are, with their tags and race detector.
// It is for a TestMain.
func Main(m *testing.M, main func()) {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Program is the example, running.
type Program struct {
	t     testing.TB
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines chan string // what it printed; closed at its end
}

// Start runs the example with these arguments until the test ends. Each of
// env is added to its environment.
func Start(t testing.TB, env []string, args ...string) *Program {
	t.Helper()
	p := &Program{t: t, cmd: exec.Command(os.Args[0], args...), lines: make(chan string, 1024)}
	p.cmd.Env = append(append(os.Environ(), asProgram+"=1"), env...)
	out, in := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = in, in
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.read(out)
	go func() { _ = in.CloseWithError(p.cmd.Wait()) }()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		for range p.lines { // until it has ended
		}
	})
	return p
}

// read hands on the lines that the program prints.
func (p *Program) read(out io.Reader) {
	defer close(p.lines)
	for s := bufio.NewScanner(out); s.Scan(); {
		fmt.Fprintln(p.t.Output(), s.Text())
		p.lines <- s.Text()
	}
}

// Await returns the next line that has text in it, and skips those before.
func (p *Program) Await(text string) string {
	p.t.Helper()
	late := time.After(Patience)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("the program has ended, and did not print %q", text)
			}
			if strings.Contains(line, text) {
				return line
			}
		case <-late:
			p.t.Fatalf("the program did not print %q", text)
		}
	}
}

// URL returns the next URL of a scheme that the program prints: "http".
func (p *Program) URL(scheme string) string {
	p.t.Helper()
	line := p.Await(scheme + "://")
	return strings.Fields(line[strings.Index(line, scheme+"://"):])[0]
}

// Type types a line.
func (p *Program) Type(line string) {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.stdin, line); err != nil {
		p.t.Fatal(err)
	}
}

// Interrupt ends the program as Ctrl-C does, which is no error.
func (p *Program) Interrupt() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	late := time.After(Patience)
	for {
		select {
		case _, ok := <-p.lines:
			if ok {
				continue
			}
			if code := p.cmd.ProcessState.ExitCode(); code != 0 {
				p.t.Errorf("after Ctrl-C the exit status is %d", code)
			}
			return
		case <-late:
			p.t.Fatal("the program does not end at Ctrl-C")
		}
	}
}

// Run runs the example to its end, and returns its exit status and what it
// printed.
func Run(t testing.TB, args ...string) (status int, printed string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}
