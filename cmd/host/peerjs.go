package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/auth"
	"github.com/causeway-rtc/causeway/peer/broker"
	"github.com/causeway-rtc/causeway/peer/peerjs"
	"github.com/causeway-rtc/causeway/peer/peerserver"
	"github.com/causeway-rtc/causeway/streams"
	"github.com/causeway-rtc/causeway/web"
)

// maxPeerJSValue bounds what a page that uses PeerJS may send at a time, in
// bytes: messages of input are 16 kB.
const maxPeerJSValue = 256 << 10

// peerjsHost is how pages that use PeerJS reach the desktop: a PeerServer, and
// a peer at it that answers.
type peerjsHost struct {
	log    *slog.Logger
	server *peerserver.Server
	peer   *peerjs.Peer
	host   *peerjs.Host
}

// newPeerJS is nil when it is off, and when the host's id is none of PeerJS's.
func (h *host) newPeerJS(desktop *streams.Stream, guard *auth.Guard) (*peerjsHost, error) {
	if h.c.peerjs == "off" {
		return nil, nil
	}
	j := &peerjsHost{log: h.log.With("for", "peerjs"), server: peerserver.New(peerserver.Options{Log: h.log})}
	var err error
	j.peer, err = peerjs.New(h.c.id, peerjs.Options{
		Server: j.server, ICEPort: h.port, ICEServers: []peer.ICEServer{}, Codecs: h.codecs, Bitrate: h.c.bitrate,
		MaxValue: maxPeerJSValue, Log: j.log,
	})
	if peerjs.IsType(err, peerjs.InvalidID) {
		h.log.Warn("PeerJS is off: its ids begin and end with a letter or a digit", "id", h.c.id)
		return nil, j.server.Close()
	}
	if err != nil {
		return nil, errors.Join(err, j.server.Close())
	}
	o := peerjs.HostOptions{
		Peer: j.peer, Stream: desktop, Log: j.log, Addr: j.server.Addr,
		Verify: func(peerjs.Visit) error { return nil },
	}
	if h.token != "" {
		o.Verify = peerjs.VerifyToken(guard)
	}
	j.host, err = peerjs.NewHost(o)
	return j, err
}

// register serves the PeerServer. As with our own signalling, pages of all
// origins may come while there is a token, without which they get nothing.
func (j *peerjsHost) register(mux *http.ServeMux, hasToken bool) {
	handler := ownPages(j.server, hasToken)
	mux.Handle("/peerjs", handler)
	mux.Handle("/peerjs/", handler)
}

// ownPages serves pages of other origins only when there is a token.
func ownPages(next http.Handler, hasToken bool) http.Handler {
	if hasToken {
		return next
	}
	return web.Guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !broker.SameOrigin(r) {
			http.Error(w, "Requests from pages of other sites are refused.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

// run answers until ctx is done. The desktop does not end when this does.
func (j *peerjsHost) run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := j.host.Run(ctx); err != nil {
			j.log.Warn("pages that use PeerJS get no answer any more", "err", err)
		}
	})
	if err := j.peer.Run(ctx); err != nil {
		j.log.Warn("pages that use PeerJS cannot reach the desktop", "err", err)
	}
	wg.Wait()
}

// takeID waits until the host's id is its own.
func (j *peerjsHost) takeID(ctx context.Context) {
	if err := j.peer.WaitOpen(ctx); err != nil && ctx.Err() == nil {
		j.log.Warn("the id was not to be had", "err", err)
	}
}

// close ends the PeerServer, after run, whose goodbyes go through it.
func (j *peerjsHost) close() {
	if err := j.server.Close(); err != nil {
		j.log.Debug("the PeerServer did not close", "err", err)
	}
}
