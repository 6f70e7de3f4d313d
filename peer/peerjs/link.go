package peerjs

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/causeway-rtc/causeway/peer/peerserver"
)

// link is the way to the server.
type link interface {
	// Send queues a message without waiting; what finds no room is an error.
	Send(m peerserver.Message) error
	// Receive returns the next message.
	Receive(ctx context.Context) (peerserver.Message, error)
	Close() error
}

const (
	dialTimeout  = 20 * time.Second
	writeTimeout = 10 * time.Second
	// outMessages bounds what waits to be written to the server. It is more
	// than a connection's offer and candidates for each of MaxConnections
	// would be at a time; what does not fit is lost, as it is on a broken
	// socket.
	outMessages = 1024
	// openGrace is how long a server may be silent that has refused nothing:
	// the original does not greet who comes back with its token.
	openGrace = 3 * time.Second
)

var errSlow = errors.New("peerjs: the server does not read")

// wsLink is a WebSocket to a PeerServer.
type wsLink struct {
	conn   *websocket.Conn
	out    chan []byte
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// dialServer connects to the server as id, and writes a heartbeat every
// PingInterval.
func (o *Options) dialServer(ctx context.Context, id string) (*wsLink, error) {
	ctx2, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	client, done := o.client()
	defer done()
	query := url.Values{"key": {o.Key}, "id": {id}, "token": {o.Token}}
	conn, _, err := websocket.Dial(ctx2, o.url("ws", "peerjs", query), &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(maxServerFrames)
	l := &wsLink{conn: conn, out: make(chan []byte, outMessages)}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.wg.Go(func() { l.write(o.PingInterval) })
	return l, nil
}

// client is an HTTP client that keeps nothing once done is called.
func (o *Options) client() (c *http.Client, done func()) {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: o.TLS.Clone(), DisableKeepAlives: true}
	return &http.Client{Transport: t}, t.CloseIdleConnections
}

func (l *wsLink) write(every time.Duration) {
	defer l.cancel()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		b := []byte(`{"type":"HEARTBEAT"}`)
		select {
		case <-l.ctx.Done():
			return
		case <-ticker.C:
		case b = <-l.out:
		}
		ctx, cancel := context.WithTimeout(l.ctx, writeTimeout)
		err := l.conn.Write(ctx, websocket.MessageText, b)
		cancel()
		if err != nil {
			return // and Receive fails
		}
	}
}

func (l *wsLink) Send(m peerserver.Message) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	select {
	case <-l.ctx.Done():
		return net.ErrClosed
	case l.out <- b:
		return nil
	default:
		return errSlow
	}
}

// Receive skips what is no message, as the original does.
func (l *wsLink) Receive(ctx context.Context) (peerserver.Message, error) {
	stop := context.AfterFunc(l.ctx, func() { _ = l.conn.CloseNow() })
	defer stop()
	for {
		kind, b, err := l.conn.Read(ctx)
		if err != nil {
			return peerserver.Message{}, err
		}
		var m peerserver.Message
		if kind == websocket.MessageText && json.Unmarshal(b, &m) == nil {
			return m, nil
		}
	}
}

func (l *wsLink) Close() error {
	l.cancel()
	l.wg.Wait()
	_ = l.conn.Close(websocket.StatusNormalClosure, "")
	return nil
}

// fetch asks the server's API, whose answers are short.
func (o *Options) fetch(ctx context.Context, what string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url("http", o.Key+"/"+what, url.Values{}), nil)
	if err != nil {
		return "", err
	}
	client, done := o.client()
	defer done()
	response, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	const most = 4 << 20 // of thousands of ids
	b, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s says %s: %.100q", r.URL.Host, response.Status, strings.TrimSpace(string(b)))
	}
	return string(b), nil
}

// dialFailure classes the error of a connection to the server.
func dialFailure(err error) *Error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the URL, in which the token is
	}
	e := &Error{Type: Network, Message: "the server cannot be reached", Err: err}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return &Error{Type: SSLUnavailable, Message: "the server does not speak TLS", Err: err}
	}
	switch {
	case errors.Is(err, peerserver.ErrIDTaken):
		e.Type, e.Message = UnavailableID, "the id is taken"
	case errors.Is(err, peerserver.ErrInvalid):
		e.Type, e.Message = InvalidID, "the server takes no such id"
	case errors.Is(err, peerserver.ErrLimit):
		e.Type, e.Message = ServerError, "the server is full"
	}
	return e
}

// idFailure is the error of a server that gives no id.
func idFailure(err error) *Error {
	if errors.Is(err, http.ErrSchemeMismatch) {
		return dialFailure(err)
	}
	return &Error{Type: ServerError, Message: "the server gives no id; is Path what it is served below?", Err: err}
}
