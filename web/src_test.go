package web

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/web/internal/bundle"
)

// need returns the path of a program. Without it the test is skipped at a
// desk and fails where everything must be checked.
func need(t *testing.T, name string) string {
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

func TestCommittedBundlesAreCurrent(t *testing.T) {
	files, err := bundle.Build(".")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("static", "dist", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("static/dist/%s is stale (%v): run go generate ./web and commit it", name, err)
		}
	}
}

func TestCoreDoesNotImportUI(t *testing.T) {
	for _, name := range sources(t, "src/core", ".ts") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("/ui/")) {
			t.Errorf("%s imports from ui", name)
		}
	}
}

func TestCore(t *testing.T) {
	node := need(t, "node")
	files, err := bundle.Tests(".", sources(t, "src", ".test.ts"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	args := []string{"--test", "--test-reporter=tap"}
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	var env []string
	for name, path := range map[string]string{"INPUT_PROTOCOL": "../input/PROTOCOL.md", "SIGNAL_PROTOCOL": "../peer/signal/PROTOCOL.md"} {
		path, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, name+"="+path)
	}
	out, err := run(t.Context(), env, node, args...)
	if err != nil {
		t.Errorf("node --test: %v\n%s", err, out)
	}
}

// needTypeScript installs the compiler where it is missing.
func needTypeScript(t *testing.T) {
	t.Helper()
	npm := need(t, "npm")
	if _, err := os.Stat("node_modules/typescript"); err != nil {
		out, err := run(t.Context(), nil, npm, "ci", "--no-audit", "--no-fund")
		if err != nil && os.Getenv("CI") != "" {
			t.Fatalf("npm ci: %v\n%s", err, out)
		}
		if err != nil {
			t.Skipf("npm ci: %v\n%s", err, out)
		}
	}
}

func TestTypes(t *testing.T) {
	npx := need(t, "npx")
	needTypeScript(t)
	if out, err := run(t.Context(), nil, npx, "--no-install", "tsc", "--noEmit", "-p", "."); err != nil {
		t.Errorf("tsc: %v\n%s", err, out)
	}
}

// sources lists the files below dir with an ending.
func sources(t *testing.T, dir, ending string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ending) {
			names = append(names, path)
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatalf("no *%s below %s: %v", ending, dir, err)
	}
	return names
}

func run(ctx context.Context, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	return cmd.CombinedOutput()
}
