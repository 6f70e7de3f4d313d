package main

import (
	"flag"
	"fmt"
	"io"

	"github.com/causeway-rtc/causeway/cmd/internal/flags"
)

// errHelp is what package flag returns for -h and --help.
var errHelp = flag.ErrHelp

// printHelp writes what host is and what its flags do.
func printHelp(w io.Writer) {
	fmt.Fprint(w, `host streams this computer's desktop to a browser, with its sound, and lets the
viewer use its keyboard and mouse.

  host                stream $DISPLAY, or a virtual display where there is none
  host list           show the displays, encoders and sound sources of this machine
  host --listen 0.0.0.0:8470
                      let other machines of the network watch, over TLS

It prints one URL. Open it in a browser; the part behind # is the secret that
lets you in. End it with Ctrl-C.

Flags, with their defaults in parentheses:
`)
	var c config
	flags.Print(w, c.options())
	fmt.Fprint(w, `
Each flag has an environment variable, which the flag overrides: CAUSEWAY_LISTEN
for --listen, CAUSEWAY_TOKEN_FILE for --token-file, and so on.
`)
}
