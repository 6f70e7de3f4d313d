package causeway_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A newcomer should find everything from the first screen of the listing.
func TestTopLevelHoldsOnlyTheProduct(t *testing.T) {
	folders := map[string]string{
		"capture": "reads pixels and sound",
		"encode":  "turns frames into chunks",
		"input":   "what a viewer may do",
		"streams": "one capture for many viewers",
		"peer":    "WebRTC, signalling, permission",
		"web":     "the viewer page and the browser library",
		"cmd":     "the programs",
		"bench":   "the measurements",
		"docs":    "the pictures of the documents",
		"bin":     "what make builds; not in the repository",
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && folders[e.Name()] == "" {
			t.Errorf("%s: no folder at the top level but the parts of the product: %s", e.Name(), "see repo_files_test.go")
		}
	}
	for _, f := range goFiles(t) {
		if strings.HasPrefix(f.path, "docs/") || f.folder == "." && path.Base(f.path) != "doc.go" && !f.test {
			t.Errorf("%s: code belongs in the folder of its part", f.path)
		}
	}
}

// goMod is what we ask of go.mod.
type goMod struct {
	Require []struct{ Path string }
	Replace []struct{ Old struct{ Path string } }
	Tool    []struct{ Path string }
}

func readGoMod(t *testing.T) goMod {
	t.Helper()
	out, err := exec.Command("go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var m goMod
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// A replaced module is not what `go install` of this one would get.
func TestGoModReplacesNothing(t *testing.T) {
	for _, r := range readGoMod(t).Replace {
		t.Errorf("go.mod replaces %s; require a version that works as it is", r.Old.Path)
	}
}

// Each dependency is code that we answer for and did not write. Nobody can say
// why we have one that nothing imports.
func TestEveryDependencyHasAReason(t *testing.T) {
	contributing, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	m := readGoMod(t)
	var used []string
	for _, tool := range m.Tool {
		used = append(used, tool.Path)
	}
	for _, f := range goFiles(t) {
		used = append(used, f.imports...)
	}
	direct := map[string]string{}
	for _, imported := range used {
		owner := ""
		for _, r := range m.Require {
			if (imported == r.Path || strings.HasPrefix(imported, r.Path+"/")) && len(r.Path) > len(owner) {
				owner = r.Path
			}
		}
		if owner != "" {
			direct[owner] = imported
		}
	}
	for owner, imported := range direct {
		if !strings.Contains(string(contributing), "`"+owner+"`") {
			t.Errorf("CONTRIBUTING.md does not say why we depend on `%s` (for %s)", owner, imported)
		}
	}
	row := regexp.MustCompile("(?m)^\\| `.*")
	name := regexp.MustCompile("`([a-z]+(?:\\.[a-z]+)+/[^`]+)`")
	for _, r := range row.FindAllString(string(contributing), -1) {
		for _, m := range name.FindAllStringSubmatch(r, -1) {
			if direct[m[1]] == "" {
				t.Errorf("CONTRIBUTING.md gives a reason for `%s`, which nothing imports", m[1])
			}
		}
	}
}

// A lock file that names a registry works only where that one can be reached.
func TestLockFilesNameNoRegistry(t *testing.T) {
	var locks []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return fs.SkipDir
		}
		if err == nil && d.Name() == "package-lock.json" {
			locks = append(locks, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, lock := range locks {
		text, err := os.ReadFile(lock)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `"resolved"`) {
			t.Errorf("%s names a registry: npm install --omit-lockfile-registry-resolved", lock)
		}
	}
}

// A link that leads nowhere costs a reader's trust in the rest.
func TestLinksOfTheDocumentsLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#\s]+)(#[^)\s]*)?\)`)
	for _, s := range sources(t) {
		if path.Ext(s.path) != ".md" {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(s.text, -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			if _, err := os.Stat(path.Join(path.Dir(s.path), m[1])); err != nil {
				t.Errorf("%s: the link to %s: %v", s.path, m[1], err)
			}
		}
	}
}

// Who tries the program reads to the end only what is short.
func TestReadmeIsShort(t *testing.T) {
	i := slices.IndexFunc(sources(t), func(s source) bool { return s.path == "README.md" })
	if i < 0 {
		t.Fatal("no README.md")
	}
	if n := strings.Count(sources(t)[i].text, "\n"); n > 150 {
		t.Errorf("README.md has %d lines, at most 150", n)
	}
}
