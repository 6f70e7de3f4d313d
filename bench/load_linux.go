package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// LoadMeter measures [Load] from [StartLoad] to Stop.
type LoadMeter struct {
	busy, total, ours time.Duration
}

// StartLoad starts a measurement.
func StartLoad() (LoadMeter, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return LoadMeter{}, fmt.Errorf("bench: %w", err)
	}
	busy, total, err := parseCPU(string(stat))
	return LoadMeter{busy, total, treeTime(processes(), os.Getpid())}, err
}

// Stop ends it.
func (m LoadMeter) Stop() (Load, error) {
	now, err := StartLoad()
	if err != nil || now.total == m.total {
		return Load{}, err
	}
	busy, total, ours := now.busy-m.busy, now.total-m.total, now.ours-m.ours
	return Load{
		Busy:    float64(busy) / float64(total),
		Foreign: float64(max(busy-ours, 0)) / float64(total),
	}, nil
}

// processes reads the times of every process. One that ends meanwhile is
// left out.
func processes() map[int]processTimes {
	all := make(map[int]processTimes)
	paths, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is right
	for _, path := range paths {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if p, err := parseProcess(string(stat)); err == nil {
			all[pid] = p
		}
	}
	return all
}

// CPUTime is the CPU time that the process pid and its descendants have used.
func CPUTime(pid int) (time.Duration, error) {
	all := processes()
	if _, there := all[pid]; !there {
		return 0, fmt.Errorf("bench: CPU time of process %d: %w", pid, os.ErrNotExist)
	}
	return treeTime(all, pid), nil
}

// ResidentMemory is the memory of the process pid that is not swapped out and
// not only reserved, in bytes.
func ResidentMemory(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("bench: %w", err)
	}
	return parseStatus(string(status), "VmRSS")
}

// LoopbackTraffic is what the loopback interface has carried in the network
// namespace of this process.
func LoopbackTraffic() (Traffic, error) {
	dev, err := os.ReadFile("/proc/self/net/dev")
	if err != nil {
		return Traffic{}, fmt.Errorf("bench: %w", err)
	}
	return parseTraffic(string(dev), "lo")
}
