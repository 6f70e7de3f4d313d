//go:build ignore

// Build writes the bundles of static/dist. Run it by go generate.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/causeway-rtc/causeway/web/internal/bundle"
)

func main() {
	files, err := bundle.Build(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join("static", "dist", name), data, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Printf("static/dist/%s: %d bytes\n", name, len(data))
	}
}
