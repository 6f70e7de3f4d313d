//go:build !linux

package x11

import "slices"

// descends knows no children here.
func descends(pid int, from []int) bool { return pid > 0 && slices.Contains(from, pid) }
