package causeway_test

import (
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// This file is the rules of the repository, one test each: the name says what
// holds, the comment why. A rule that a person must remember is forgotten in
// a year; a test is not. repo_source_test.go reads the tree for them, and
// repo_files_test.go has the rules for what is not Go.
//
// An exemption is a line in a map with its reason, never a change to a rule.

// module is the path that every import of our own begins with.
const module = "github.com/causeway-rtc/causeway/"

// mayImport is the import table: what each package may import of ours. It is
// the picture of doc.go read backwards, since a package imports only what
// lies upstream of it. A new package that is no implementation needs a row.
var mayImport = map[string][]string{
	".":               {},
	"capture":         {},
	"encode":          {"capture"},
	"encode/patch":    {},
	"input":           {},
	"streams":         {"capture", "encode", "encode/patch", "input"},
	"peer":            {"capture", "encode", "encode/patch", "streams", "input", "peer/signal", "peer/auth", "peer/congestion", "peer/channel", "peer/media", "peer/signal/memory", "peer/events"},
	"peer/signal":     {},
	"peer/auth":       {"input"},
	"peer/channel":    {},
	"peer/media":      {"capture", "encode", "streams", "peer/congestion"},
	"peer/congestion": {},
	// The broker is the in-memory exchange behind the server's end of the
	// WebSocket driver.
	"peer/broker":     {"peer/signal", "peer/signal/memory", "peer/signal/ws", "peer/auth"},
	"peer/binarypack": {},
	"peer/msgpack":    {},
	"peer/events":     {},
	"peer/sfu":        {"encode", "streams", "peer", "peer/congestion", "peer/media"},
	"peer/peerserver": {},
	"peer/engineio":   {},
	"peer/socketio":   {},
	// The SFU is an interface, which cmd fills.
	"peer/skywayserver": {"peer/engineio", "peer/socketio"},
	"peer/values":       {},
	"peer/calls":        {"peer/media", "peer/values"},
	"peer/visit":        {"input", "streams", "peer/auth"},
	"peer/peerjs": {
		"encode", "streams", "peer", "peer/auth", "peer/binarypack", "peer/calls", "peer/congestion", "peer/events", "peer/media", "peer/msgpack", "peer/peerserver", "peer/values", "peer/visit",
	},
	"peer/skyway": {
		"encode", "streams", "peer", "peer/auth", "peer/binarypack", "peer/calls", "peer/congestion", "peer/engineio", "peer/events", "peer/media", "peer/skywayserver", "peer/socketio",
		"peer/values", "peer/visit",
	},
	"web": {},
	// What commands share.
	"cmd/internal/skyway": {"cmd/internal/flags", "peer/sfu", "peer/skywayserver"},
}

// family is a contract, the folders below it that implement it, and the table
// that lists them.
type family struct {
	contract string   // the package that says what an implementation must do
	table    string   // the package with the slice of all implementations
	upstream []string // what implementations may import beside the contract
}

var families = []family{
	{contract: "capture", table: "capture/backends"},
	// Two of the implementations open the same libraries.
	{contract: "encode", table: "encode/codecs", upstream: []string{"capture", "encode/internal/ffmpeg"}},
	// What plays on a sound server connects to it as what records from it does.
	{contract: "input", table: "input/injectors", upstream: []string{"capture/pulse"}},
	{contract: "peer/signal", table: "peer/signal/drivers"},
}

// implements is true for a folder that is one of f's implementations.
func (f family) implements(folder string) bool {
	return path.Dir(folder) == f.contract && folder != f.table && mayImport[folder] == nil && !forTests(folder)
}

// allowed says what folder may import, and is nil when nobody has said yet. A
// folder below internal without a row is a part of the package above it, and
// imports nothing of ours.
func allowed(folder string) func(imported string) bool {
	if row, ok := mayImport[folder]; ok {
		return func(imported string) bool { return slices.Contains(row, imported) }
	}
	if strings.Contains(folder, "/internal/") {
		return func(string) bool { return false }
	}
	for _, f := range families {
		if folder == f.table {
			return func(imported string) bool { return imported == f.contract || f.implements(imported) }
		}
		if f.implements(folder) {
			return func(imported string) bool {
				return imported == f.contract || slices.Contains(f.upstream, imported)
			}
		}
	}
	return nil
}

// Only commands, benchmarks and tests may join any parts: tables and
// implementations are listed in no row above, so nothing else imports them.
func TestImportsFollowTheTable(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test || forTests(f.folder) || isCommand(f.folder) || f.folder == "bench" {
			continue
		}
		may := allowed(f.folder)
		if may == nil {
			t.Errorf("%s: nothing says what %s may import; add a row to mayImport", f.path, f.folder)
			continue
		}
		for _, imported := range f.imports {
			ours, ok := strings.CutPrefix(imported, module)
			if ok && !may(ours) && !strings.HasPrefix(ours, f.folder+"/internal/") {
				t.Errorf("%s: %s may not import %s: see mayImport and families in repo_test.go", f.path, f.folder, ours)
			}
		}
	}
}

// WebRTC changes often and is large. Behind peer the rest of the module does
// not see it, and behind encode/mediadevices nothing sees mediadevices, whose
// packages register themselves when they are imported.
func TestOnlyPeerKnowsWebRTC(t *testing.T) {
	for _, f := range goFiles(t) {
		inPeer := f.folder == "peer" || strings.HasPrefix(f.folder, "peer/")
		for _, imported := range f.imports {
			switch {
			case strings.HasPrefix(imported, "github.com/pion/mediadevices"):
				if f.folder != "encode/mediadevices" {
					t.Errorf("%s: only encode/mediadevices imports %s", f.path, imported)
				}
			case strings.HasPrefix(imported, "github.com/pion/"):
				if !inPeer && f.folder != "bench" && !f.test && !forTests(f.folder) {
					t.Errorf("%s: only peer and bench import %s", f.path, imported)
				}
			}
		}
	}
}

// forbidden is a rule about names of the standard library.
type forbidden struct {
	name   *regexp.Regexp // as written with the package's own name: os.Getenv
	reason string
	exempt map[string]string // file or folder → why it may
}

// check reports every use of a forbidden name outside commands and tests.
func (r forbidden) check(t *testing.T) {
	t.Helper()
	for _, f := range goFiles(t) {
		if f.test || forTests(f.folder) || f.program || r.exempt[f.path] != "" || r.exempt[f.folder] != "" {
			continue
		}
		f.eachStandardName(func(name string, at ast.Node) {
			if r.name.MatchString(name) {
				t.Errorf("%s: %s: %s", f.position(at), name, r.reason)
			}
		})
	}
}

// A package that reads the environment behaves differently for reasons that
// no caller sees. Options carry everything; cmd/*/config.go fills them.
func TestOnlyCommandsReadFlagsAndEnvironment(t *testing.T) {
	forbidden{
		name:   regexp.MustCompile(`^flag\.|^os\.(Getenv|LookupEnv|Environ|ExpandEnv|Args)$`),
		reason: "only cmd reads flags and environment; take it as an option",
		exempt: map[string]string{
			"bench":              "starts itself again in a network namespace of its own",
			"cmd/internal/flags": "is how commands read them",
			"capture/virtual":    "hands its own environment on to the programs it starts",
			"capture/x11":        "Options.Display promises $DISPLAY; X's own rules find the cookie of a display",
			"capture/kbinani":    "the library reads $DISPLAY whatever it is told, so this says when they differ",
		},
	}.check(t)
}

// Libraries return errors and log to the logger of their options. What a
// person reads, and when the program ends, is for the command to say.
func TestOnlyCommandsTalkToAPerson(t *testing.T) {
	forbidden{
		name: regexp.MustCompile(`^fmt\.Print|^os\.(Exit|Stdout|Stderr)$` +
			`|^log\.(Print|Fatal|Panic|Default|SetOutput|SetFlags|SetPrefix)` +
			`|^slog\.(Debug|Info|Warn|Error|Log|LogAttrs|With|Default|SetDefault)(Context)?$`),
		reason: "only cmd prints, exits and owns a logger; use Options.Log or return an error",
		exempt: map[string]string{
			"bench/netns_linux.go": "lends its output to itself in the namespace",
		},
	}.check(t)
}

// What runs at import cannot be left out, ordered or tested: registration is
// a line in a table instead.
func TestNothingRunsAtImport(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: no init functions: export a value and list it in a table", f.position(fn))
			}
		}
	}
}

// A package comment is read first, so there is one, where a reader looks.
func TestEveryPackageHasOneDocInDocGo(t *testing.T) {
	docs := map[string]int{}
	for _, f := range goFiles(t) {
		if f.program && !isCommand(f.folder) {
			continue // a generator, which is no part of the package beside it
		}
		docs[f.folder] += 0
		if f.tree.Doc == nil {
			continue
		}
		docs[f.folder]++
		if path.Base(f.path) != "doc.go" {
			t.Errorf("%s: a package comment belongs in doc.go; leave a blank line before the package clause", f.path)
			continue
		}
		first, _, _ := strings.Cut(f.tree.Doc.Text(), "\n\n")
		want := "Package " + f.tree.Name.Name + " "
		if isCommand(f.folder) {
			want = "Command " + path.Base(f.folder) + " "
		}
		if !strings.HasPrefix(first, want) || !strings.HasSuffix(strings.TrimSpace(first), ".") {
			t.Errorf("%s: the package comment must begin with a sentence that starts %q; it starts %q", f.path, want, first)
		}
	}
	for folder, n := range docs {
		if n != 1 {
			t.Errorf("%s: %d package comments, want one, in doc.go", folder, n)
		}
	}
}

// The comment of an exported name is its contract. It starts with the name,
// so that it reads as a sentence wherever it is shown.
func TestEveryExportedNameIsDocumented(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		for _, d := range f.tree.Decls {
			for _, n := range exportedNames(d) {
				if n.shared && n.doc == "" {
					continue
				}
				starts := regexp.MustCompile(`^((A|An|The) )?(` + strings.Join(n.names, "|") + `)\b`)
				if !starts.MatchString(n.doc) {
					t.Errorf("%s: want a comment that starts with %q", f.position(n.at), n.names[0])
				}
			}
		}
	}
}

const (
	maxFileLines = 500
	maxFuncLines = 80
)

// What does not fit on a few screens is not read. Tables do not count as
// code: neither composite literals without functions in them, nor switches
// with at most one statement in each case.
func TestFilesAndFunctionsAreShort(t *testing.T) {
	for _, s := range sources(t) {
		if n := strings.Count(s.text, "\n"); n > maxFileLines {
			t.Errorf("%s: %d lines, at most %d: split it by what its parts do", s.path, n, maxFileLines)
		}
	}
	for _, f := range goFiles(t) {
		for _, d := range f.tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := f.lines(fn) - f.tableLines(fn); n > maxFuncLines {
				t.Errorf("%s: %s has %d lines, at most %d: name its parts", f.position(fn), fn.Name.Name, n, maxFuncLines)
			}
		}
	}
}

// CGO_ENABLED=0 must always build, and say at run time what is missing: so C
// stays in *_cgo.go, and a nocgo.go beside it is built in its stead.
func TestEveryCgoFileHasATwin(t *testing.T) {
	twins := map[string][]file{}
	for _, f := range goFiles(t) {
		if base := path.Base(f.path); base == "nocgo.go" || strings.HasSuffix(base, "_nocgo.go") {
			twins[f.folder] = append(twins[f.folder], f)
		}
	}
	for _, f := range goFiles(t) {
		named := strings.HasSuffix(f.path, "_cgo.go")
		if slices.Contains(f.imports, "C") && !named {
			t.Errorf("%s: imports C, so its name must end in _cgo.go", f.path)
		}
		if named && !slices.ContainsFunc(twins[f.folder], f.isTwin) {
			t.Errorf("%s: no nocgo.go beside it is built in its stead where C, or a tag it needs, is missing", f.path)
		}
	}
}

// A package called util has no subject, so everything ends up in it.
func TestPackageNamesSayWhatTheyHold(t *testing.T) {
	empty := regexp.MustCompile(`^(utils?|common|types|base|helpers?|manager|core|models?|shared|misc)$`)
	for _, f := range goFiles(t) {
		for _, name := range append(strings.Split(f.folder, "/"), f.tree.Name.Name) {
			if empty.MatchString(name) {
				t.Errorf("%s: %q says nothing about what the package holds", f.path, name)
			}
		}
		if strings.Count(f.folder, "/") > 2 {
			t.Errorf("%s: Go packages lie at most three folders deep", f.path)
		}
	}
}

// maySkip are the functions that skip for a reason which CI does not have.
var maySkip = map[string]string{
	"capture/virtual.TestDisplayKeepsOtherUsersOut": "only root can become another user, which CI is",
}

// A skipped test proves nothing and looks green. At a desk a missing program
// skips; where CI is set it fails. CI does not pass -short.
func TestNoTestIsSkippedInCI(t *testing.T) {
	skip := regexp.MustCompile(`^Skip(f|Now)?$`)
	for _, f := range goFiles(t) {
		for _, d := range f.tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || measures(fn) || maySkip[f.folder+"."+fn.Name.Name] != "" {
				continue
			}
			var skips, asks bool
			ast.Inspect(fn, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					skips = skips || skip.MatchString(n.Sel.Name)
					asks = asks || n.Sel.Name == "Short"
				case *ast.BasicLit:
					asks = asks || n.Value == `"CI"`
				}
				return true
			})
			if skips && !asks {
				t.Errorf(`%s: %s skips without a look at os.Getenv("CI"); where that is set, fail`, f.position(fn), fn.Name.Name)
			}
		}
	}
}
