package virtual

import (
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// grace is how long a process has between the request to end and the kill.
const grace = time.Second

// process is a child with everything it started.
type process struct {
	cmd *exec.Cmd
	// done is closed once the child was waited for; err is set before.
	done chan struct{}
	err  error
}

// launch starts cmd as the leader of a process group of its own.
func launch(cmd *exec.Cmd) (*process, error) {
	contain(cmd)
	// A grandchild may hold the output pipe open after the child is gone.
	cmd.WaitDelay = grace
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// Linux takes the death of the forking thread, not of the process,
		// for the death of the parent: this thread must outlive the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// stop asks the group to end, makes it end after grace, and waits.
func (p *process) stop() {
	signalGroup(p.cmd.Process, syscall.SIGTERM)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
	}
	// The leader may be gone and its children not.
	signalGroup(p.cmd.Process, syscall.SIGKILL)
	<-p.done
}
