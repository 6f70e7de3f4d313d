package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
)

// isolatedEnv marks the process that isolate started.
const isolatedEnv = "CAUSEWAY_BENCH_ISOLATED"

// lonely is the interface, connected to nothing, that tells an isolated
// process that it is one.
const lonely = "bench0"

// addrOfOurs is that of an isolated process (RFC 5737: documentation).
const addrOfOurs = "192.0.2.1"

// isolated tells whether this process runs in the network namespace that
// isolate made, where nothing but ours is on the loopback interface.
func isolated() bool {
	_, err := net.InterfaceByName(lonely)
	return err == nil
}

// isolate runs this program once more, with the same arguments, in namespaces
// of its own, and returns its exit code. It needs the rights of root.
func isolate(ctx context.Context) (code int, err error) {
	program, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(program, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), isolatedEnv+"=1")
	// Pdeathsig follows the forking thread: it must outlive the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGTERM}
	// An interrupt from the terminal reaches the child as well; ending is
	// its affair.
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start in namespaces of its own: %w", err)
	}
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(os.Interrupt) })()
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil
	}
	return 0, err
}

// x11Sockets is where X servers listen.
const x11Sockets = "/tmp/.X11-unix"

// settle furnishes the namespaces of an isolated process. The network has a
// loopback interface and one more, connected to nothing: WebRTC finds no
// address on a machine with loopback alone. Packets to a machine's own address
// travel over loopback.
//
// An X server looks for a free number in its network namespace but listens in
// the file system as well. Without a folder of their own our servers would
// take the places of the machine's.
func settle() error {
	for _, command := range []string{
		"link set lo up",
		"link add " + lonely + " type veth peer name bench1",
		"link set " + lonely + " up",
		"link set bench1 up",
		"addr add " + addrOfOurs + "/24 dev " + lonely,
		"route add default dev " + lonely,
	} {
		if out, err := exec.Command("ip", strings.Fields(command)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", command, err, strings.TrimSpace(string(out)))
		}
	}
	if err := os.MkdirAll(x11Sockets, 0o1777); err != nil {
		return err
	}
	if err := syscall.Mount("none", x11Sockets, "tmpfs", 0, "mode=1777"); err != nil {
		return fmt.Errorf("mount a folder for X servers: %w", err)
	}
	return nil
}
