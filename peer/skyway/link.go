package skyway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/peer/engineio"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
	"github.com/causeway-rtc/causeway/peer/socketio"
)

// link is the way to the server.
type link interface {
	// Send queues an event without waiting; what finds no room is an error.
	Send(e skywayserver.Event) error
	// Receive returns the next event.
	Receive(ctx context.Context) (skywayserver.Event, error)
	// Close disconnects, once what was sent is on its way.
	Close() error
}

const (
	// maxServerMessage is how long an event of the server's may be with all
	// its bytes: data for a room, which is the longest, has 20 MiB.
	maxServerMessage = 21 << 20
	// tellEvery is how often a server is told that we are there, which the
	// original does beside the pings of Engine.IO.
	tellEvery = 25 * time.Second
)

// errDismissed says that the server has ended the connection on purpose.
var errDismissed = errors.New("skyway: the server has disconnected us")

// socketLink is a WebSocket to a server.
type socketLink struct {
	client  *engineio.Client
	done    func() // with the HTTP client
	decoder socketio.Decoder
	bytes   int // of the event that is being read

	stop context.CancelFunc
	wg   sync.WaitGroup
}

// dialServer connects to the server as id.
func (o *Options) dialServer(ctx context.Context, id, token string, credential *Credential) (*socketLink, error) {
	q := url.Values{"apiKey": {o.Key}, "token": {token}, "platform": {"go"}, "sdk_version": {version}}
	if id != "" {
		q.Set("peerId", id)
	}
	if credential != nil {
		b, err := json.Marshal(credential)
		if err != nil {
			return nil, err
		}
		q.Set("credential", string(b))
	}
	client, done := o.client()
	c, err := engineio.Dial(ctx, o.url("/socket.io/", q), engineio.DialOptions{HTTP: client, MaxMessage: maxServerMessage})
	if err != nil {
		done()
		return nil, err
	}
	l := &socketLink{client: c, done: done, decoder: socketio.Decoder{MaxBinary: maxPieces}}
	ctx, l.stop = context.WithCancel(context.Background())
	l.wg.Go(func() { l.tell(ctx) })
	return l, nil
}

// client is an HTTP client that keeps nothing once done is called.
func (o *Options) client() (c *http.Client, done func()) {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: o.TLS.Clone(), DisableKeepAlives: true}
	return &http.Client{Transport: t}, t.CloseIdleConnections
}

// url is a path at the server.
func (o *Options) url(path string, query url.Values) string {
	address := strings.TrimSuffix(o.URL, "/") + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

func (l *socketLink) tell(ctx context.Context) {
	ticker := time.NewTicker(tellEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		_ = l.Send(skywayserver.Event{Name: "PING", Arg: json.RawMessage("null")}) // the next one will do
	}
}

func (l *socketLink) Send(e skywayserver.Event) error {
	p := socketio.Packet{Type: socketio.Event, Name: e.Name, Arg: e.Arg, Binary: e.Binary}
	messages := []engineio.Message{{Data: p.Text()}}
	for _, b := range e.Binary {
		messages = append(messages, engineio.Message{Binary: true, Data: b})
	}
	return l.client.Send(messages...)
}

// Receive skips what is no event.
func (l *socketLink) Receive(ctx context.Context) (skywayserver.Event, error) {
	for {
		m, err := l.client.Receive(ctx)
		if err != nil {
			return skywayserver.Event{}, err
		}
		p, err := l.decode(m)
		switch {
		case err != nil:
			return skywayserver.Event{}, err
		case p == nil || p.Namespace != "/":
		case p.Type == socketio.Disconnect:
			return skywayserver.Event{}, errDismissed
		case p.Type == socketio.Event:
			return skywayserver.Event{Name: p.Name, Arg: p.Arg, Binary: p.Binary}, nil
		}
	}
}

// decode reads a message. The packet is nil while more of it is to follow.
func (l *socketLink) decode(m engineio.Message) (*socketio.Packet, error) {
	if l.bytes += len(m.Data); l.bytes > maxServerMessage {
		return nil, errors.New("skyway: the server says something that is too long")
	}
	read := l.decoder.Text
	if m.Binary {
		read = l.decoder.Binary
	}
	p, err := read(m.Data)
	if p != nil {
		l.bytes = 0
	}
	return p, err
}

func (l *socketLink) Close() error {
	l.stop()
	l.wg.Wait()
	p := socketio.Packet{Type: socketio.Disconnect}
	_ = l.client.Send(engineio.Message{Data: p.Text()}) // without it the server needs longer to know
	_ = l.client.Close()                                // which never fails
	l.done()
	return nil
}

// dialFailure classes the error of a connection to the server.
func dialFailure(err error) *Error {
	if why, ok := errors.AsType[*skywayserver.Refusal](err); ok {
		return &Error{Type: ErrorType(why.Type), Message: why.Message}
	}
	return &Error{Type: SocketError, Message: "the server cannot be reached", Err: err}
}
