package x11

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// mapShared maps new memory that the X server can map by its id.
func mapShared(size int) (id int, mem []byte, err error) {
	id, err = unix.SysvShmGet(unix.IPC_PRIVATE, size, unix.IPC_CREAT|0o600)
	if err != nil {
		return 0, nil, fmt.Errorf("shmget of %d bytes: %w", size, err)
	}
	mem, err = unix.SysvShmAttach(id, 0, 0)
	// Linux lets the server attach to memory marked for removal, and frees it
	// when the last process has let go, even if it was killed.
	_, rmErr := unix.SysvShmCtl(id, unix.IPC_RMID, nil)
	if err != nil {
		return 0, nil, fmt.Errorf("shmat: %w", err)
	}
	if rmErr != nil {
		unmapShared(mem)
		return 0, nil, fmt.Errorf("shmctl: %w", rmErr)
	}
	return id, mem[:size], nil
}

// unmapShared undoes mapShared on our side.
func unmapShared(mem []byte) { _ = unix.SysvShmDetach(mem) }
