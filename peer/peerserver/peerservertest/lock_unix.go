//go:build unix

package peerservertest

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock keeps other processes that lock the same file waiting until unlock.
func lock(path string) (unlock func(), err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
