package bench

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// DescribeMachine says where and of what the measurements are. What cannot be
// found out stays empty.
func DescribeMachine() Machine {
	m := Machine{
		CPU: "unknown CPU", Cores: runtime.NumCPU(), Go: runtime.Version(),
		Kernel: read("/proc/sys/kernel/osrelease"), Chromium: answer("chromium", "--version"),
		Revision: answer("git", "describe", "--tags", "--always", "--dirty=+"),
	}
	for line := range strings.Lines(read("/proc/cpuinfo")) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			m.CPU = strings.TrimSpace(value)
			break
		}
	}
	return m
}

func read(path string) string {
	text, _ := os.ReadFile(path)
	return strings.TrimSpace(string(text))
}

// answer is the first line that a program prints.
func answer(name string, args ...string) string {
	text, _ := exec.Command(name, args...).Output()
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line)
}
