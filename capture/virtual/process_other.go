//go:build !linux

package virtual

import (
	"os"
	"os/exec"
	"syscall"
)

// contain does nothing: process groups and parent-death signals are Linux's.
func contain(*exec.Cmd) {}

// signalGroup kills p alone, since its group is not known here.
func signalGroup(p *os.Process, s syscall.Signal) {
	if s == syscall.SIGKILL {
		_ = p.Kill()
	}
}
