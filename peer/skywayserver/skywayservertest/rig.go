package skywayservertest

import (
	_ "embed" // the page
	"testing"

	"github.com/causeway-rtc/causeway/peer/internal/stocktest"
)

// page has the stock client, and what tests do with it.
//
//go:embed page.html
var page string

// Rig is a browser with the page, and a server.
type Rig struct{ *stocktest.Rig }

// New opens the page with a server of its own, which newServer makes whenever
// it starts. In scripts the names, of which each is followed by its value,
// stand for strings.
func New(t *testing.T, newServer func() stocktest.Server, names ...string) *Rig {
	t.Helper()
	return &Rig{stocktest.New(t, stocktest.Options{
		Page: page, Scripts: map[string]string{"/skyway.js": "skyway-js/dist/skyway.js"}, NewServer: newServer, Names: names,
	})}
}

// CutOff breaks connections until the page's peer of that name has noticed. One
// that is between two polls does not at once.
func (r *Rig) CutOff(peer string) {
	r.Expect("window.broken = false; until(() => !"+peer+".open).then(() => { window.broken = true; })", "undefined")
	for broken := false; !broken; {
		r.Cut()
		r.Eval("window.broken", &broken)
	}
}
