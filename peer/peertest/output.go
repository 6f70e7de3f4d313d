package peertest

import (
	"io"
	"sync"
	"testing"
)

// Output is t.Output until t ends, and then takes what it is given nowhere:
// goroutines of pion may log a moment longer, and a test that has ended must
// not be written to.
func Output(t testing.TB) io.Writer {
	o := &output{to: t.Output()}
	t.Cleanup(o.end)
	return o
}

type output struct {
	mu sync.Mutex
	to io.Writer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.to.Write(b)
}

func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.to = io.Discard
}
