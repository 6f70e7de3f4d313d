package x11

import (
	"bytes"
	"os"
	"slices"
	"strconv"
)

// descends is true when a process is one of those, or was started by one that
// is.
func descends(pid int, from []int) bool {
	for range 64 { // deeper than any tree of processes is
		if pid <= 1 {
			return false
		}
		if slices.Contains(from, pid) {
			return true
		}
		pid = parent(pid)
	}
	return false
}

// parent is the process that started another, or 0 (proc(5), /proc/pid/stat).
func parent(pid int) int {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	// The name before it may have any character, brackets and blanks too.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(string(fields[1]))
	return n
}
