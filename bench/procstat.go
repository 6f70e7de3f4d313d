package bench

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of the kernel's CPU times: USER_HZ is 100 on every Linux.
const tick = 10 * time.Millisecond

// errFormat means that a file of the kernel is not what proc(5) says.
var errFormat = errors.New("unknown format")

// parseCPU reads the first line of /proc/stat: how long all cores together
// were busy, and how long they were there.
func parseCPU(stat string) (busy, total time.Duration, err error) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	const idle, iowait, guest = 3, 4, 8 // guest time is in user time already
	if len(fields) < guest+1 || fields[0] != "cpu" {
		return 0, 0, fmt.Errorf("bench: /proc/stat: %w", errFormat)
	}
	for i, field := range fields[1 : guest+1] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("bench: /proc/stat: %w", err)
		}
		total += time.Duration(n) * tick
		if i != idle && i != iowait {
			busy += time.Duration(n) * tick
		}
	}
	return busy, total, nil
}

// processTimes is what /proc/PID/stat tells.
type processTimes struct {
	parent int
	// own is the CPU time of all threads of the process, waited that of its
	// children which ended and were waited for.
	own, waited time.Duration
}

// parseProcess reads a /proc/PID/stat.
func parseProcess(stat string) (processTimes, error) {
	// The name is in parentheses and may contain anything.
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	const parent, user, system, childUser, childSystem = 1, 11, 12, 13, 14
	if len(fields) <= childSystem {
		return processTimes{}, fmt.Errorf("bench: /proc/PID/stat: %w", errFormat)
	}
	var n [childSystem + 1]int64
	for _, i := range []int{parent, user, system, childUser, childSystem} {
		var err error
		if n[i], err = strconv.ParseInt(fields[i], 10, 64); err != nil {
			return processTimes{}, fmt.Errorf("bench: /proc/PID/stat: %w", err)
		}
	}
	return processTimes{
		parent: int(n[parent]),
		own:    time.Duration(n[user]+n[system]) * tick,
		waited: time.Duration(n[childUser]+n[childSystem]) * tick,
	}, nil
}

// treeTime adds up the CPU time of the process root and all it started. What
// ended counts from the moment its parent has waited for it.
func treeTime(all map[int]processTimes, root int) time.Duration {
	children := make(map[int][]int)
	for pid, p := range all {
		children[p.parent] = append(children[p.parent], pid)
	}
	var sum time.Duration
	for todo := []int{root}; len(todo) > 0; {
		pid := todo[len(todo)-1]
		todo = append(todo[:len(todo)-1], children[pid]...)
		sum += all[pid].own + all[pid].waited
	}
	return sum
}

// parseStatus reads a size from /proc/PID/status, "VmRSS" for one, in bytes.
func parseStatus(status, name string) (int64, error) {
	for line := range strings.Lines(status) {
		value, ok := strings.CutPrefix(line, name+":")
		if !ok {
			continue
		}
		kB, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("bench: /proc/PID/status: %w", err)
		}
		return kB * 1024, nil
	}
	return 0, fmt.Errorf("bench: /proc/PID/status has no %s: %w", name, errFormat)
}

// Traffic counts what an interface has carried.
type Traffic struct {
	Bytes, Packets int64
}

// parseTraffic reads what an interface received from /proc/net/dev. On the
// loopback interface that is everything once, headers down to the 14 bytes of
// Ethernet included.
func parseTraffic(dev, name string) (Traffic, error) {
	for line := range strings.Lines(dev) {
		values, ok := strings.CutPrefix(strings.TrimSpace(line), name+":")
		fields := strings.Fields(values)
		if !ok || len(fields) < 2 {
			continue
		}
		bytes, err := strconv.ParseInt(fields[0], 10, 64)
		packets, perr := strconv.ParseInt(fields[1], 10, 64)
		if err := errors.Join(err, perr); err != nil {
			return Traffic{}, fmt.Errorf("bench: /proc/net/dev: %w", err)
		}
		return Traffic{bytes, packets}, nil
	}
	return Traffic{}, fmt.Errorf("bench: /proc/net/dev has no %s: %w", name, errFormat)
}
