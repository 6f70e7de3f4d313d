package main

import (
	"errors"
	"os/exec"
	"strings"
	"syscall"
)

// hint is the next step for a person whom err stopped, or "".
func hint(err error) string {
	var missing *exec.Error
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "Another program listens there: stop it, or choose another port with --listen 127.0.0.1:8471."
	case errors.Is(err, syscall.EACCES) && strings.Contains(err.Error(), "listen"):
		return "Ports below 1024 need root: choose a higher one with --listen."
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "This machine has no such address: 'ip address' lists those it has; 0.0.0.0 means all."
	case errors.As(err, &missing):
		return "'make run' installs what is missing."
	}
	return ""
}
