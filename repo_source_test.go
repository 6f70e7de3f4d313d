package causeway_test

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// source is a file that people wrote.
type source struct {
	path string // with slashes, from the repository's root
	text string
}

// file is a Go file, whatever its build constraints.
type file struct {
	source
	folder  string // the path's folder: "." for the root
	test    bool   // its name ends in _test.go
	program bool   // of a command, or a generator that go generate runs
	imports []string
	tree    *ast.File
	set     *token.FileSet
}

// generated says which folders and files nobody wrote by hand.
var generated = []string{
	".git", "bin",
	"web/static/dist", // what esbuild makes of web/src
	"bench/results",
}

var written = regexp.MustCompile(`\.(go|c|h|s|ts|js|mjs|css|html|sh|md)$|^Makefile$|^\.ci/`)

// readSources reads the tree once for all tests.
var readSources = sync.OnceValues(func() ([]source, error) {
	var found []source
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		p = filepath.ToSlash(p)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (slices.Contains(generated, p) || d.Name() == "node_modules" || d.Name() == "testdata"):
			return filepath.SkipDir
		case !d.Type().IsRegular() || !written.MatchString(p):
			return nil
		}
		text, err := os.ReadFile(p)
		if err == nil {
			found = append(found, source{p, string(text)})
		}
		return err
	})
	return found, err
})

func sources(t *testing.T) []source {
	t.Helper()
	found, err := readSources()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// parseSources parses every Go file of the tree once for all tests.
var parseSources = sync.OnceValues(func() ([]file, error) {
	found, err := readSources()
	if err != nil {
		return nil, err
	}
	var files []file
	set := token.NewFileSet()
	for _, s := range found {
		if !strings.HasSuffix(s.path, ".go") {
			continue
		}
		tree, err := parser.ParseFile(set, s.path, s.text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		f := file{source: s, folder: path.Dir(s.path), tree: tree, set: set}
		f.test = strings.HasSuffix(s.path, "_test.go")
		f.program = tree.Name.Name == "main"
		for _, i := range tree.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return nil, err
			}
			f.imports = append(f.imports, imported)
		}
		files = append(files, f)
	}
	return files, nil
})

func goFiles(t *testing.T) []file {
	t.Helper()
	files, err := parseSources()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// forTests is true for a package that exists to be used by tests:
// capture/capturetest, peer/internal/leaktest.
func forTests(folder string) bool {
	above, base := path.Split(folder)
	return base == path.Base(above)+"test" || path.Base(above) == "internal" && strings.HasSuffix(base, "test")
}

// isCommand is true for a program's folder. What programs share, and what tests
// of the examples do, lies beside them.
func isCommand(folder string) bool {
	return strings.HasPrefix(folder, "cmd/") && !strings.HasPrefix(folder, "cmd/internal/") && !forTests(folder)
}

// position is where n starts, as editors understand it.
func (f file) position(n ast.Node) string { return f.set.Position(n.Pos()).String() }

// lines is how many lines n takes.
func (f file) lines(n ast.Node) int {
	return f.set.Position(n.End()).Line - f.set.Position(n.Pos()).Line + 1
}

// tableLines is how many lines of n are data rather than code.
func (f file) tableLines(n ast.Node) int {
	total := 0
	ast.Inspect(n, func(n ast.Node) bool {
		if isTable(n) {
			total += f.lines(n)
			return false
		}
		return true
	})
	return total
}

// isTable is true for a composite literal without functions in it, and for a
// switch with at most one statement in each case.
func isTable(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CompositeLit:
		code := false
		ast.Inspect(n, func(n ast.Node) bool {
			_, is := n.(*ast.FuncLit)
			code = code || is
			return !code
		})
		return !code
	case *ast.SwitchStmt:
		for _, c := range n.Body.List {
			if len(c.(*ast.CaseClause).Body) > 1 {
				return false
			}
		}
		return true
	}
	return false
}

// eachStandardName calls use for every name of a standard package in f, in
// the form os.Getenv whatever name the file imports os by.
func (f file) eachStandardName(use func(name string, at ast.Node)) {
	packages := map[string]string{}
	for i, imported := range f.imports {
		if strings.Contains(imported, ".") {
			continue
		}
		local := path.Base(imported)
		if n := f.tree.Imports[i].Name; n != nil {
			local = n.Name
		}
		packages[local] = path.Base(imported)
	}
	ast.Inspect(f.tree, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		// A package's name resolves to nothing in its file; a variable's does.
		if x, ok := s.X.(*ast.Ident); ok && x.Obj == nil && packages[x.Name] != "" {
			use(packages[x.Name]+"."+s.Sel.Name, s)
		}
		return true
	})
}

// exported is an exported name of a package and its comment.
type exported struct {
	names  []string
	doc    string
	shared bool // the group has a comment, so the name needs none
	at     ast.Node
}

// exportedNames lists the exported names that d declares, and the methods of
// an exported interface.
func exportedNames(d ast.Decl) []exported {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d))) {
			return []exported{{[]string{d.Name.Name}, d.Doc.Text(), false, d}}
		}
	case *ast.GenDecl:
		var all []exported
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				all = append(all, exportedOf([]*ast.Ident{s.Name}, d, s.Doc, s)...)
				if i, ok := s.Type.(*ast.InterfaceType); ok && s.Name.IsExported() {
					for _, m := range i.Methods.List {
						all = append(all, exportedOf(m.Names, nil, m.Doc, m)...)
					}
				}
			case *ast.ValueSpec:
				if s.Doc == nil && s.Comment != nil && d.Lparen.IsValid() {
					continue // explained at the end of its line
				}
				all = append(all, exportedOf(s.Names, d, s.Doc, s)...)
			}
		}
		return all
	}
	return nil
}

// exportedOf is the exported ones of names, which share doc. A declaration
// that is no group has its comment at the keyword.
func exportedOf(names []*ast.Ident, group *ast.GenDecl, doc *ast.CommentGroup, at ast.Node) []exported {
	e := exported{doc: doc.Text(), at: at}
	for _, n := range names {
		if n.IsExported() {
			e.names = append(e.names, n.Name)
		}
	}
	if e.names == nil {
		return nil
	}
	if group != nil && group.Lparen.IsValid() {
		e.shared = group.Doc != nil
	} else if group != nil {
		e.doc = group.Doc.Text()
	}
	return []exported{e}
}

// measures is true for a benchmark, and for what only benchmarks call.
func measures(fn *ast.FuncDecl) bool {
	for _, p := range fn.Type.Params.List {
		if star, ok := p.Type.(*ast.StarExpr); ok {
			if s, ok := star.X.(*ast.SelectorExpr); ok && s.Sel.Name == "B" {
				return true
			}
		}
	}
	return false
}

// receiver is the name of the type that a method belongs to.
func receiver(fn *ast.FuncDecl) string {
	for x := fn.Recv.List[0].Type; ; {
		switch t := x.(type) {
		case *ast.StarExpr:
			x = t.X
		case *ast.IndexExpr:
			x = t.X
		case *ast.IndexListExpr:
			x = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

// isTwin is true when g is never built together with f, and is built wherever
// f would be if only a tag that does not name a system were set: cgo, gpl.
func (f file) isTwin(g file) bool {
	a, b := f.constraint(), g.constraint()
	if a == nil || b == nil {
		return false
	}
	tags := regexp.MustCompile(`\w+`).FindAllString(a.String()+" "+b.String(), -1)
	slices.Sort(tags)
	tags = slices.Compact(tags)
	for set := range 1 << len(tags) {
		built := func(x constraint.Expr, set int) bool {
			return x.Eval(func(tag string) bool { return set>>slices.Index(tags, tag)&1 == 1 })
		}
		if !built(a, set) {
			continue
		}
		if built(b, set) {
			return false
		}
		for i, tag := range tags {
			without := set &^ (1 << i)
			if !slices.Contains(systems, tag) && !built(a, without) && !built(b, without) {
				return false
			}
		}
	}
	return true
}

// systems are the tags that name where a program runs.
var systems = []string{"linux", "darwin", "windows", "unix", "freebsd", "amd64", "arm64"}

// constraint is the //go:build line of f, or nil.
func (f file) constraint() constraint.Expr {
	for _, group := range f.tree.Comments {
		for _, c := range group.List {
			if constraint.IsGoBuild(c.Text) && c.Pos() < f.tree.Package {
				x, err := constraint.Parse(c.Text)
				if err == nil {
					return x
				}
			}
		}
	}
	return nil
}
