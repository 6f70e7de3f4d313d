package virtual

import (
	"os"
	"os/exec"
	"syscall"
)

// contain makes cmd lead a process group and die with its parent.
func contain(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// signalGroup signals p and everything it started. That nothing is left to
// signal is no error.
func signalGroup(p *os.Process, s syscall.Signal) { _ = syscall.Kill(-p.Pid, s) }
