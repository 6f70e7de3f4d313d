package peerservertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// installTimeout is for a slow network.
const installTimeout = 5 * time.Minute

// install runs once in a process; other processes wait for its lock.
var install = sync.OnceValues(func() (string, error) {
	_, here, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(here) {
		return "", fmt.Errorf("peerservertest: the sources are not where they were: %q", here)
	}
	folder := filepath.Join(filepath.Dir(here), "..", "testdata", "npm")
	unlock, err := lock(filepath.Join(folder, ".gitignore"))
	if err != nil {
		return "", fmt.Errorf("peerservertest: %w", err)
	}
	defer unlock()
	modules := filepath.Join(folder, "node_modules")
	if current(modules, filepath.Join(folder, "package-lock.json")) {
		return modules, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), installTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("peerservertest: npm ci: %w\n%s", err, out)
	}
	now := time.Now()
	if err := os.Chtimes(stamp(modules), now, now); err != nil {
		return "", fmt.Errorf("peerservertest: %w", err)
	}
	return modules, nil
})

// stamp is the file that npm writes last.
func stamp(modules string) string { return filepath.Join(modules, ".package-lock.json") }

// current is true when what is installed is not older than what is to be.
func current(modules, lock string) bool {
	installed, err := os.Stat(stamp(modules))
	if err != nil {
		return false
	}
	wanted, err := os.Stat(lock)
	return err == nil && installed.ModTime().After(wanted.ModTime())
}

// Modules returns the folder node_modules with the originals in it, which are
// fetched if need be.
func Modules(t testing.TB) string {
	t.Helper()
	need(t, "npm")
	modules, err := install()
	if err != nil {
		t.Fatal(err)
	}
	return modules
}

// Fetch fetches what Modules returns, for a program that is about to give up
// its network.
func Fetch() error {
	_, err := install()
	return err
}

// Node returns the path of Node.js.
func Node(t testing.TB) string {
	t.Helper()
	return need(t, "node")
}

func need(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("%s is missing: %v", name, err)
	}
	if err != nil {
		t.Skipf("%s is missing: %v", name, err)
	}
	return path
}
