package bundle

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// Build bundles the page and the library below dir, the folder of package
// web, and returns them by the name of their file in static/dist. The same
// sources give the same bytes on every machine.
func Build(dir string) (map[string][]byte, error) {
	return build(dir, api.BuildOptions{
		EntryPointsAdvanced: []api.EntryPoint{
			{InputPath: "src/main.ts", OutputPath: "causeway"},
			{InputPath: "src/core/index.ts", OutputPath: "sdk"},
			{InputPath: "src/sound/worker.ts", OutputPath: "sound-worker"},
			{InputPath: "src/sound/worklet.ts", OutputPath: "sound-worklet"},
		},
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Target:            api.ES2022,
	})
}

// Tests bundles each of the test files, named relative to dir, for Node, and
// returns them by their base name with the ending .mjs.
func Tests(dir string, names []string) (map[string][]byte, error) {
	o := api.BuildOptions{Platform: api.PlatformNode, OutExtension: map[string]string{".js": ".mjs"}, EntryNames: "[name]"}
	o.EntryPoints = names
	return build(dir, o)
}

func build(dir string, o api.BuildOptions) (map[string][]byte, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	o.AbsWorkingDir = abs
	o.Outdir = "static/dist"
	o.Bundle = true
	o.Format = api.FormatESModule
	o.Charset = api.CharsetUTF8
	o.LegalComments = api.LegalCommentsNone
	o.LogLevel = api.LogLevelSilent
	result := api.Build(o)
	var errs []error
	for _, m := range append(result.Errors, result.Warnings...) {
		if m.Location == nil {
			errs = append(errs, errors.New(m.Text))
			continue
		}
		errs = append(errs, fmt.Errorf("%s:%d: %s", m.Location.File, m.Location.Line, m.Text))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	files := make(map[string][]byte)
	for _, f := range result.OutputFiles {
		files[filepath.Base(f.Path)] = f.Contents
	}
	return files, nil
}
