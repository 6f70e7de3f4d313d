package engineio

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"
)

// serve serves a request of a session that is there.
func (x *Session) serve(w http.ResponseWriter, r *http.Request, upgrade bool) {
	switch {
	case upgrade:
		x.takeOver(w, r)
	case r.Method == http.MethodGet:
		x.poll(w, r)
	case r.Method == http.MethodPost:
		x.post(w, r)
	default:
		refuse(w, http.StatusBadRequest, 3, "Bad request")
	}
}

// poll answers a GET when there is something to say.
func (x *Session) poll(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	if x.socket != nil || x.ended {
		x.mu.Unlock()
		refuse(w, http.StatusBadRequest, 3, "Bad request")
		return
	}
	if x.polled {
		x.mu.Unlock()
		x.end(errOverlap)
		refuse(w, http.StatusBadRequest, 3, "Bad request")
		return
	}
	x.polled = true
	x.mu.Unlock()
	packets, parcels, err := x.await(r.Context())
	if err == nil {
		err = x.answer(w, packets)
	}
	x.give(parcels)
	if err != nil {
		x.end(errLost)
		return
	}
	if packets[len(packets)-1].kind == kindClose {
		x.end(ErrByServer)
	}
}

// await waits for packets. While a WebSocket is about to take over, a client
// waits for its last GET to be answered by whatever.
func (x *Session) await(ctx context.Context) ([]packet, []*Parcel, error) {
	const hurry = 100 * time.Millisecond
	for waited := false; ; {
		x.mu.Lock()
		probed := x.probed
		switch {
		case x.ended:
			x.polled = false
			x.mu.Unlock()
			return []packet{{kind: kindClose}}, nil, nil
		case x.socket == nil && len(x.queue) > 0:
			packets, parcels := x.take()
			x.polled = false
			x.mu.Unlock()
			return packets, parcels, nil
		case x.socket != nil || probed && waited:
			x.polled = false
			x.mu.Unlock()
			return []packet{{kind: kindNoop}}, nil, nil
		}
		x.mu.Unlock()
		var late <-chan time.Time
		if probed {
			late = time.After(hurry)
		}
		select {
		case <-x.wake:
		case <-x.done:
		case <-late:
			waited = true
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

// answer writes a payload, which the client has to read within a time.
func (x *Session) answer(w http.ResponseWriter, packets []packet) error {
	body, binary := appendPayload(nil, packets, x.b64)
	contentType := "text/plain; charset=UTF-8"
	if binary {
		contentType = "application/octet-stream"
	}
	return respond(w, contentType, body)
}

func respond(w http.ResponseWriter, contentType string, body []byte) error {
	c := http.NewResponseController(w)
	_ = c.SetWriteDeadline(time.Now().Add(writeTimeout)) // fails where there is no connection
	defer func() { _ = c.SetWriteDeadline(time.Time{}) }()
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	if _, err := w.Write(body); err != nil {
		return err
	}
	if err := c.Flush(); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// post acts on the packets of a POST.
func (x *Session) post(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	wrong, overlap := x.socket != nil || x.ended, x.posted
	x.posted = true
	x.mu.Unlock()
	switch {
	case wrong:
		refuse(w, http.StatusBadRequest, 3, "Bad request")
		return
	case overlap:
		x.end(errOverlap)
		refuse(w, http.StatusBadRequest, 3, "Bad request")
		return
	}
	status, err := x.readPost(w, r)
	x.mu.Lock()
	x.posted = false
	x.mu.Unlock()
	if err != nil {
		x.end(err)
		refuse(w, status, 3, "Bad request")
		return
	}
	// The type that old browsers do not offer to save as a file.
	_ = respond(w, "text/html", []byte("ok")) // the next request shows whether the client is there
}

// readPost returns an error that ends the session, and its HTTP status.
func (x *Session) readPost(w http.ResponseWriter, r *http.Request) (int, error) {
	if r.ContentLength > int64(x.server.o.MaxMessage+maxDigits+3) {
		return http.StatusRequestEntityTooLarge, errTooLong
	}
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(readTimeout)) // fails where there is no connection
	body, err := x.server.readAll(x.addr, r.Body)
	_ = c.SetReadDeadline(time.Time{})
	switch {
	case errors.Is(err, errTooLong):
		return http.StatusRequestEntityTooLarge, err
	case errors.Is(err, errFull):
		return http.StatusServiceUnavailable, err
	case err != nil:
		return http.StatusBadRequest, errLost
	}
	defer x.server.budget.release(x.addr, cap(body))
	typ, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // none is text
	packets, err := parsePayload(body, typ == "application/octet-stream")
	if err != nil {
		return http.StatusBadRequest, err
	}
	for _, p := range packets {
		if !x.receive(p) {
			break // what follows a goodbye means nothing
		}
	}
	return 0, nil
}

// accept upgrades r to a WebSocket.
func (x *Session) accept(w http.ResponseWriter, r *http.Request) (*websocket.Conn, error) {
	// A WebSocket's answer needs no headers for pages.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // AllowPages has decided
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err == nil {
		conn.SetReadLimit(-1) // readAll has the limit
	}
	return conn, err
}

// takeOver serves a WebSocket that wants to take over from polling.
func (x *Session) takeOver(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	wrong := x.socket != nil || x.probed || x.ended
	x.probed = x.probed || !wrong
	x.mu.Unlock()
	if wrong {
		refuse(w, http.StatusBadRequest, 3, "Bad request")
		return
	}
	conn, err := x.accept(w, r)
	if err == nil {
		if err = x.probe(conn); err != nil {
			_ = conn.CloseNow()
		}
	}
	if err != nil {
		x.mu.Lock()
		x.probed = false
		x.mu.Unlock()
		return
	}
	x.read(conn)
}

// probe shows the client that the WebSocket works, has its last GET answered,
// and makes it the one that carries packets.
func (x *Session) probe(conn *websocket.Conn) error {
	ctx, cancel := context.WithTimeout(x.server.ctx, upgradeTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = conn.CloseNow() })()
	for _, want := range []packet{{kindPing, Message{Data: []byte("probe")}}, {kind: kindUpgrade}} {
		p, err := x.next(ctx, conn)
		if err != nil {
			return err
		}
		if p.kind != want.kind || !bytes.Equal(p.Data, want.Data) {
			return errSyntax
		}
		if p.kind == kindPing {
			if err := conn.Write(ctx, websocket.MessageText, packet{kindPong, want.Message}.appendText(nil)); err != nil {
				return err
			}
			x.mu.Lock()
			x.stir() // the GET that waits is to hurry
			x.mu.Unlock()
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended {
		return ErrByServer
	}
	x.stir() // a GET that still waits is to end
	x.socket = conn
	x.stir()
	return nil
}

// serveSocket serves a WebSocket that is a session of its own.
func (x *Session) serveSocket(w http.ResponseWriter, r *http.Request) {
	conn, err := x.accept(w, r)
	if err != nil {
		x.end(errLost)
		return
	}
	x.mu.Lock()
	ended := x.ended
	if !ended {
		x.socket = conn
		x.stir()
	}
	x.mu.Unlock()
	if ended {
		_ = conn.CloseNow()
		return
	}
	x.read(conn)
}

// read acts on what comes by the WebSocket until the session ends.
func (x *Session) read(conn *websocket.Conn) {
	for {
		p, err := x.next(context.Background(), conn) // end closes the connection
		if err != nil {
			x.end(err)
			return
		}
		if !x.receive(p) {
			return
		}
	}
}

// next reads a packet.
func (x *Session) next(ctx context.Context, conn *websocket.Conn) (packet, error) {
	typ, r, err := conn.Reader(ctx)
	if err != nil {
		switch websocket.CloseStatus(err) {
		case websocket.StatusNormalClosure, websocket.StatusGoingAway, websocket.StatusNoStatusRcvd:
			return packet{}, ErrByClient // as a browser does when a page is left
		}
		return packet{}, errLost
	}
	b, err := x.server.readAll(x.addr, r)
	if err != nil {
		return packet{}, err
	}
	defer x.server.budget.release(x.addr, cap(b))
	if typ == websocket.MessageBinary {
		return parseBinary(b)
	}
	return parseText(b)
}
