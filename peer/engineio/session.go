package engineio

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// What [Handler.Closed] and [Session.Send] say.
var (
	ErrByClient = errors.New("engineio: closed by the client")
	ErrByServer = errors.New("engineio: closed by the server")
)

var (
	errFull    = errors.New("engineio: the client does not read")
	errSilent  = errors.New("engineio: the client is silent")
	errLost    = errors.New("engineio: the connection is lost")
	errOverlap = errors.New("engineio: two requests at once")
)

// Session is one client. Its methods may be called from any goroutine, also
// from a [Handler]'s and from Accept.
type Session struct {
	server  *Server
	id      string
	addr    string
	b64     bool
	handler Handler
	timer   *time.Timer   // ends a silent session
	wake    chan struct{} // there is something for a poll
	done    chan struct{} // the session has ended

	reading sync.Mutex // held while a packet is acted on
	bucket  bucket

	mu      sync.Mutex
	queue   []*Parcel
	bytes   int
	polled  bool            // a GET waits
	posted  bool            // a POST is being read
	probed  bool            // a WebSocket is about to take over
	socket  *websocket.Conn // which carries the packets, nil while polling
	writing bool            // a goroutine writes to it
	leaving bool            // nothing more is sent
	ended   bool
}

// Addr is the client's address as sessions are counted by: its IP address, or
// for IPv6 its /64.
func (x *Session) Addr() string { return x.addr }

// start greets the client. The session is not known to anybody else yet.
func (x *Session) start(r *http.Request, upgrade bool) {
	o := &x.server.o
	upgrades := []string{}
	if !upgrade && !o.NoUpgrade {
		upgrades = append(upgrades, "websocket")
	}
	hello, err := json.Marshal(map[string]any{
		"sid": x.id, "upgrades": upgrades, "pingInterval": o.PingInterval.Milliseconds(), "pingTimeout": o.PingTimeout.Milliseconds(),
	})
	if err != nil {
		hello = []byte("{}") // strings and numbers always have a form
	}
	_ = x.push((&Parcel{}).add(packet{kindOpen, Message{Data: hello}}), false) // it is there before any bound
	x.reading.Lock()
	defer x.reading.Unlock()
	x.mu.Lock()
	x.timer = time.AfterFunc(o.PingInterval+o.PingTimeout, func() { x.end(errSilent) })
	x.mu.Unlock()
	h := o.Accept(x, r)
	x.mu.Lock()
	x.handler = h
	ended := x.ended
	x.mu.Unlock()
	if ended {
		h.Closed(ErrByServer) // end has found no handler
	}
}

// Send queues a parcel. An error says that the session is closed, or that the
// client has not read so much that there is no room, in which case it is best
// closed: a message is missing.
func (x *Session) Send(p *Parcel) error { return x.push(p, false) }

// TrySend is Send for what may be lost: it leaves half of the queue to what
// must not, and is false when it has dropped p.
func (x *Session) TrySend(p *Parcel) bool { return x.push(p, true) == nil }

func (x *Session) push(p *Parcel, half bool) error {
	o := &x.server.o
	messages, bytes := o.QueueMessages, o.QueueBytes
	if half {
		messages, bytes = messages/2, max(bytes/2, o.MaxMessage+2*overhead)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.leaving || x.ended:
		return net.ErrClosed
	case len(x.queue) >= messages, x.bytes+p.size > bytes, !x.server.budget.take(x.addr, p):
		return errFull
	}
	x.queue = append(x.queue, p)
	x.bytes += p.size
	x.stir()
	return nil
}

// stir has the queue sent. The mutex is held.
func (x *Session) stir() {
	if x.socket == nil {
		select {
		case x.wake <- struct{}{}:
		default:
		}
		return
	}
	if !x.writing && len(x.queue) > 0 {
		x.writing = true
		x.server.wg.Add(1)
		go x.drain(x.socket)
	}
}

// take empties the queue. The mutex is held.
func (x *Session) take() (all []packet, parcels []*Parcel) {
	for _, p := range x.queue {
		all = append(all, p.packets...)
	}
	parcels, x.queue, x.bytes = x.queue, nil, 0
	return all, parcels
}

// give ends the counting of what has been sent.
func (x *Session) give(parcels []*Parcel) {
	for _, p := range parcels {
		x.server.budget.give(x.addr, p)
	}
}

// Close lets the client take what waits for it, and ends the session, soon
// after in any case. It does not wait.
func (x *Session) Close() {
	_ = x.push((&Parcel{}).add(packet{kind: kindClose}), false) // without it the end comes by the timer
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.leaving || x.ended {
		return
	}
	x.leaving = true
	x.timer.Stop()
	x.timer = time.AfterFunc(goodbye, func() { x.end(ErrByServer) })
}

// end ends the session at once.
func (x *Session) end(err error) {
	x.mu.Lock()
	if x.ended {
		x.mu.Unlock()
		return
	}
	x.ended = true
	socket, handler := x.socket, x.handler
	_, parcels := x.take()
	if x.timer != nil {
		x.timer.Stop()
	}
	x.mu.Unlock()
	x.give(parcels)
	close(x.done)
	if socket != nil {
		x.server.wg.Go(func() { x.hangUp(socket, err) })
	}
	x.server.o.Log.Debug("session ended", "addr", x.addr, "err", err)
	if handler != nil {
		handler.Closed(err)
	}
	x.server.leave(x)
}

// hangUp closes the WebSocket: with a word when this side ends a session that
// works.
func (x *Session) hangUp(socket *websocket.Conn, err error) {
	if errors.Is(err, ErrByServer) {
		_ = socket.Close(websocket.StatusGoingAway, "")
	}
	_ = socket.CloseNow()
}

// receive acts on what the client has sent, and is false at the end of the
// session.
func (x *Session) receive(p packet) bool {
	x.reading.Lock()
	defer x.reading.Unlock()
	if !x.pause(x.bucket.take(time.Now(), len(p.Data))) || !x.touch() {
		return false
	}
	switch p.kind {
	case kindPing:
		if err := x.push((&Parcel{}).add(packet{kindPong, p.Message}), false); err != nil {
			x.end(err)
		}
	case kindMessage:
		x.handler.Message(p.Message)
	case kindClose:
		x.end(ErrByClient)
		return false
	}
	return true
}

// touch puts off the end of a session that is alive.
func (x *Session) touch() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended {
		return false
	}
	if !x.leaving {
		x.timer.Reset(x.server.o.PingInterval + x.server.o.PingTimeout)
	}
	return true
}

// pause waits, and is false when the session ended meanwhile.
func (x *Session) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-x.done:
		return false
	}
}

// drain writes to the WebSocket until the queue is empty.
func (x *Session) drain(socket *websocket.Conn) {
	defer x.server.wg.Done()
	for {
		x.mu.Lock()
		packets, parcels := x.take()
		if x.writing = len(packets) > 0; !x.writing {
			x.mu.Unlock()
			return
		}
		x.mu.Unlock()
		err := x.write(socket, packets)
		x.give(parcels)
		if err != nil {
			x.end(err)
			return
		}
	}
}

// write sends packets, each as a message of the WebSocket.
func (x *Session) write(socket *websocket.Conn, packets []packet) error {
	for _, p := range packets {
		if p.kind == kindClose {
			return ErrByServer // a WebSocket has a way of its own to say so
		}
		ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
		typ, b := websocket.MessageText, []byte(nil)
		if p.Binary && !x.b64 {
			typ, b = websocket.MessageBinary, p.appendBinary(make([]byte, 0, len(p.Data)+1))
		} else {
			b = p.appendText(make([]byte, 0, len(p.Data)+1))
		}
		err := socket.Write(ctx, typ, b)
		cancel()
		if err != nil {
			return errLost
		}
	}
	return nil
}
