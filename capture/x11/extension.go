package x11

import (
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// tables guards the tables below against ourselves. They belong to xgb, which
// has one set for the process, hence a variable of the package.
var tables sync.Mutex

// register makes an extension known to a connection. It does what the Init
// functions of xgb do, except that it writes to xgb's tables only what is not
// there yet: they are read without a lock by every other connection of the
// process whenever an event or error comes in, and a write beside a read ends
// the process.
func register(c *xgb.Conn, name string) error {
	ext, err := enable(c, name)
	if err != nil {
		return err
	}
	tables.Lock()
	defer tables.Unlock()
	for n, f := range xgb.NewExtEventFuncs[name] {
		if old := xgb.NewEventFuncs[int(ext.FirstEvent)+n]; old == nil || !sameKind(old(blank()), f(blank())) {
			xgb.NewEventFuncs[int(ext.FirstEvent)+n] = f
		}
	}
	for n, f := range xgb.NewExtErrorFuncs[name] {
		if old := xgb.NewErrorFuncs[int(ext.FirstError)+n]; old == nil || !sameKind(old(blank()), f(blank())) {
			xgb.NewErrorFuncs[int(ext.FirstError)+n] = f
		}
	}
	return nil
}

// enable makes the requests of an extension known to a connection, and writes
// to no table: it is enough for one whose events nobody asks for and whose
// requests fail with errors of the core protocol.
func enable(c *xgb.Conn, name string) (*xproto.QueryExtensionReply, error) {
	ext, err := xproto.QueryExtension(c, uint16(len(name)), name).Reply()
	if err != nil {
		return nil, err
	}
	if !ext.Present {
		return nil, fmt.Errorf("the server lacks the extension %s: %w", name, errors.ErrUnsupported)
	}
	c.ExtLock.Lock()
	defer c.ExtLock.Unlock()
	c.Extensions[name] = ext.MajorOpcode
	return ext, nil
}

// blank is an event or error of nothing but zeros.
func blank() []byte { return make([]byte, 32) }

func sameKind(a, b any) bool { return reflect.TypeOf(a) == reflect.TypeOf(b) }
