package bench

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// grace is how long a process has between the request to end and the kill.
const grace = 5 * time.Second

// Process is a program under measurement, with everything it started.
type Process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
	err  error // set before done is closed
	log  *os.File
}

// startProcess starts a program whose output goes to the file log.
func startProcess(cmd *exec.Cmd, log string) (*Process, error) {
	p := &Process{name: cmd.Args[0], cmd: cmd, done: make(chan struct{})}
	var err error
	if p.log, err = os.Create(log); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	cmd.Stdout, cmd.Stderr = p.log, p.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error, 1)
	go func() {
		// Pdeathsig follows the forking thread: it must outlive the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		defer p.log.Close()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		<-p.done
		return nil, fmt.Errorf("bench: start %s: %w", p.name, err)
	}
	return p, nil
}

// Pid is the process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// ended is an error once the process has ended by itself.
func (p *Process) ended() error {
	select {
	case <-p.done:
		return fmt.Errorf("bench: %s ended early (%v); see %s", p.name, p.err, p.log.Name())
	default:
		return nil
	}
}

// late is an error when a server that was started at start should answer by
// now.
func late(start time.Time) error {
	if time.Since(start) > startTimeout {
		return errors.New("bench: the server does not answer")
	}
	return nil
}

// Close ends the process and all it started, and waits. The second call does
// nothing.
func (p *Process) Close() error {
	group := -p.Pid()
	_ = syscall.Kill(group, syscall.SIGTERM) // it may be gone
	select {
	case <-p.done:
	case <-time.After(grace):
	}
	_ = syscall.Kill(group, syscall.SIGKILL)
	<-p.done
	return nil
}
