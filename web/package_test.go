package web

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// packed puts the npm package together, packs it, and unpacks it as a
// dependency of the consumer in testdata, whose folder it returns.
func packed(t *testing.T) string {
	t.Helper()
	node, npm, tar := need(t, "node"), need(t, "npm"), need(t, "tar")
	needTypeScript(t)
	dir := t.TempDir()
	if out, err := run(t.Context(), nil, node, "pack.mjs", filepath.Join(dir, "package")); err != nil {
		t.Fatalf("pack.mjs: %v\n%s", err, out)
	}
	if out, err := run(t.Context(), nil, npm, "pack", "--pack-destination", dir, filepath.Join(dir, "package")); err != nil {
		t.Fatalf("npm pack: %v\n%s", err, out)
	}
	archives, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(archives) != 1 {
		t.Fatalf("npm pack left %q: %v", archives, err)
	}
	consumer := filepath.Join(dir, "consumer")
	if err := os.CopyFS(consumer, os.DirFS("testdata/consumer")); err != nil {
		t.Fatal(err)
	}
	module := filepath.Join(consumer, "node_modules", "@causeway-rtc", "causeway")
	if err := os.MkdirAll(module, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := run(t.Context(), nil, tar, "-xzf", archives[0], "-C", module, "--strip-components=1"); err != nil {
		t.Fatalf("tar: %v\n%s", err, out)
	}
	return consumer
}

func TestPackageHasWhatAProgramNeeds(t *testing.T) {
	consumer := packed(t)
	if out, err := run(t.Context(), nil, need(t, "npx"), "--no-install", "tsc", "-p", consumer); err != nil {
		t.Errorf("a consumer's types: %v\n%s", err, out)
	}
	module := filepath.Join(consumer, "node_modules", "@causeway-rtc", "causeway")
	for _, name := range []string{"README.md", "LICENSE", "package.json", "dist/causeway.js", "dist/types/index.d.ts"} {
		if _, err := os.Stat(filepath.Join(module, name)); err != nil {
			t.Error(err)
		}
	}
	out, err := run(t.Context(), nil, need(t, "node"), filepath.Join(consumer, "run.mjs"))
	if want := version(t) + " function"; err != nil || string(out) != want {
		t.Errorf("a program prints %q, want %q: %v", out, want, err)
	}
}

func TestLibraryAndPackageHaveOneVersion(t *testing.T) {
	source, err := os.ReadFile("src/core/version.ts")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`version = '([^']+)'`).FindSubmatch(source)
	if m == nil || string(m[1]) != version(t) {
		t.Errorf("src/core/version.ts says %q, package.json %q", m, version(t))
	}
}

// version is what package.json says.
func version(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("package.json")
	if err != nil {
		t.Fatal(err)
	}
	var p struct{ Version string }
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	return p.Version
}
