package skyway

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/causeway-rtc/causeway/peer/events"
)

const (
	askTimeout = 20 * time.Second
	maxAnswer  = 4 << 20 // of thousands of ids
	// lookUpEvery is how often FetchPeerExists may be called.
	lookUpEvery = time.Second
)

// ListAllPeers are the ids of the key's peers. A key that does not list them is
// a [ListError] and an event; a server in this process always does.
func (p *Peer) ListAllPeers(ctx context.Context) ([]string, error) {
	if err := p.WaitOpen(ctx); err != nil {
		return nil, err
	}
	if p.o.Server != nil {
		return p.o.Server.IDs(p.o.Key), nil
	}
	status, text, err := p.ask(ctx, "clients/")
	var ids []string
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusUnauthorized:
		e := &Error{Type: ListError, Message: "the API key lists no peers"}
		events.Emit(&p.hub, Failed{Err: e})
		return nil, e
	case status != http.StatusOK || json.Unmarshal(text, &ids) != nil:
		return nil, answered(text)
	}
	return ids, nil
}

// FetchPeerExists is true when a peer of the key has this id. It may be called
// once a second.
func (p *Peer) FetchPeerExists(ctx context.Context, id string) (bool, error) {
	p.mu.Lock()
	soon := time.Since(p.lookedUp) < lookUpEvery
	if !soon {
		p.lookedUp = time.Now()
	}
	p.mu.Unlock()
	if soon {
		return false, &Error{Type: ServerError, Message: "peers may be looked up once a second"}
	}
	if err := p.WaitOpen(ctx); err != nil {
		return false, err
	}
	if p.o.Server != nil {
		return slices.Contains(p.o.Server.IDs(p.o.Key), id), nil
	}
	status, text, err := p.ask(ctx, "peers/"+url.PathEscape(id)+"/exists")
	var said struct{ Exists bool }
	switch {
	case err != nil:
		return false, err
	case status != http.StatusOK || json.Unmarshal(text, &said) != nil:
		return false, answered(text)
	}
	return said.Exists, nil
}

// answered is the error that an answer tells of.
func answered(text []byte) *Error {
	message := strings.TrimSpace(string(text[:min(len(text), 200)]))
	return &Error{Type: ServerError, Message: "the server says " + message}
}

// ask asks the server's API.
func (p *Peer) ask(ctx context.Context, what string) (status int, text []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.o.url("/api/apikeys/"+p.o.Key+"/"+what, nil), nil)
	if err != nil {
		return 0, nil, err
	}
	client, done := p.o.client()
	defer done()
	response, err := client.Do(r)
	if err != nil {
		return 0, nil, &Error{Type: ServerError, Message: "the server was not reached", Err: err}
	}
	defer response.Body.Close()
	text, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return 0, nil, &Error{Type: ServerError, Message: "the server's answer", Err: err}
	}
	return response.StatusCode, text, nil
}
