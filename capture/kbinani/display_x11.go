//go:build unix && !darwin

package kbinani

import (
	"fmt"
	"io"
	"os"

	"github.com/jezek/xgb"
)

// checkDisplay says whether the library captures the display called name: it
// knows $DISPLAY alone.
func checkDisplay(name string) error {
	// The library's X connections log on stderr what its calls return.
	xgb.Logger.SetOutput(io.Discard)
	if env := os.Getenv("DISPLAY"); name != "" && name != env {
		return fmt.Errorf("display %q is not $DISPLAY, which is %q; set it, or take the x11 backend", name, env)
	}
	return nil
}
