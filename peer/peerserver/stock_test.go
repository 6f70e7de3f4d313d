package peerserver_test

import (
	_ "embed" // the page
	"fmt"
	"testing"

	"github.com/causeway-rtc/causeway/peer/internal/stocktest"
	"github.com/causeway-rtc/causeway/peer/peerserver"
)

// page has both versions of the stock client, and what the tests do with them.
//
//go:embed testdata/stock.html
var page string

// stockRig is a browser with the page, and a server that can be cut off and
// started again.
type stockRig struct {
	*stocktest.Rig
	server *peerserver.Server // the one that runs
}

// newStockRig opens the page with a server of its own.
func newStockRig(t *testing.T, o peerserver.Options) *stockRig {
	t.Helper()
	r := &stockRig{}
	r.Rig = stocktest.New(t, stocktest.Options{
		Page:    page,
		Scripts: map[string]string{"/1.5.5.js": "peerjs/dist/peerjs.min.js", "/1.4.7.js": "peerjs-1.4.7/dist/peerjs.min.js"},
		NewServer: func() stocktest.Server {
			r.server = peerserver.New(o)
			return r.server
		},
	})
	return r
}

func TestStockClientsTalk(t *testing.T) {
	r := newStockRig(t, peerserver.Options{})
	for _, pair := range [][2]string{{"v155", "v155"}, {"v147", "v147"}, {"v155", "v147"}, {"v147", "v155"}} {
		a, b := pair[0]+"-to-"+pair[1], pair[1]+"-from-"+pair[0]
		r.Expect(fmt.Sprintf("window.a = await open('%s', '%s'); window.b = await open('%s', '%s'); return a.id + ' ' + b.id", pair[0], a, pair[1], b), a+" "+b)
		want := fmt.Sprintf("%s true %s -1.5 é é l", b, a)
		r.Expect("return talk(a, b, 'binary')", want)
		if pair[0] == pair[1] { // the versions' JSON differs: one sends text, the other bytes
			r.Expect("return talk(a, b, 'json')", want)
		}
		r.Expect("return call(a, b)", "64 64")
	}
	r.Expect("return (await open('v155', null)).id.length", "36")
}

func TestStockClientsAreRefused(t *testing.T) {
	r := newStockRig(t, peerserver.Options{})
	for _, version := range []string{"v155", "v147"} {
		r.Expect("const p = await open('"+version+"', '"+version+"'); p.connect('nobody'); return (await once(p, 'error')).type", "peer-unavailable")
		r.Expect("return fail('"+version+"', '"+version+"')", "unavailable-id")
		r.Expect("return fail('"+version+"', '-not valid-')", "invalid-id")
		r.Expect("return fail('"+version+"', 'other', {key: 'wrong'})", "invalid-key")
	}
}

func TestStockClientsListPeers(t *testing.T) {
	r := newStockRig(t, peerserver.Options{AllowDiscovery: true})
	list := "const p = await open('v155', '%s'); return new Promise((resolve, reject) => { p.listAllPeers(resolve); p.on('error', reject); })"
	r.Expect(fmt.Sprintf(list, "one"), "one")
	r.Expect(fmt.Sprintf(list, "two"), "one,two")
	closed := newStockRig(t, peerserver.Options{})
	closed.Expect("const p = await open('v155', 'one'); p.listAllPeers(() => {}); return (await once(p, 'error')).type", "server-error")
}

func TestStockClientsComeBack(t *testing.T) {
	r := newStockRig(t, peerserver.Options{})
	r.Expect("window.a = await open('v155', 'a'); window.b = await open('v147', 'b'); return talk(a, b, 'binary')", "b true a -1.5 é é l")
	back := func() {
		t.Helper()
		r.Expect("await Promise.all([lost(a), lost(b)]); return await back(a) + await back(b)", "ab")
		r.Expect("return talk(a, b, 'binary')", "b true a -1.5 é é l")
		r.Expect("return talk(b, a, 'binary')", "a true b -1.5 é é l")
	}
	r.Eval("window.gone = Promise.all([lost(a), lost(b)])", nil)
	r.Cut() // the sockets are lost, the server is not
	r.Eval("window.gone", nil)
	back()
	r.Stop()
	r.Eval("Promise.all([lost(a), lost(b)])", nil)
	r.Start() // a new server, which knows nobody
	back()
	if st := r.server.Stats(); st.Peers != 2 {
		t.Errorf("%+v", st)
	}
}
