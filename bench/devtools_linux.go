package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// DevTools drives the one page of a browser. It can do nothing but open
// addresses, so that it watches, and slows, nothing.
type DevTools struct {
	conn *websocket.Conn
	id   int
}

// DialDevTools connects to the browser of r, which was started to be driven.
func (r *Rig) DialDevTools(ctx context.Context) (*DevTools, error) {
	address, err := r.devToolsAddress(ctx)
	if err != nil {
		return nil, err
	}
	conn, _, err := websocket.Dial(ctx, address, nil)
	if err != nil {
		return nil, fmt.Errorf("bench: connect to the browser: %w", err)
	}
	return &DevTools{conn: conn}, nil
}

// devToolsAddress waits until the browser has a page and says where it is.
func (r *Rig) devToolsAddress(ctx context.Context) (string, error) {
	for {
		text, err := os.ReadFile(filepath.Join(r.profile(), "DevToolsActivePort"))
		if port, _, ok := strings.Cut(string(text), "\n"); ok && err == nil {
			if address := pageAddress(ctx, port); address != "" {
				return address, nil
			}
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("bench: the browser opened no page: %w", ctx.Err())
		case <-r.Browser.Done():
			return "", r.Browser.ended()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// pageAddress asks the browser for the address of its first page. It is empty
// while there is none.
func pageAddress(ctx context.Context, port string) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+port+"/json/list", nil)
	if err != nil {
		return ""
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	var targets []struct {
		Type    string `json:"type"`
		Address string `json:"webSocketDebuggerUrl"`
	}
	if err := json.NewDecoder(response.Body).Decode(&targets); err != nil {
		return ""
	}
	for _, t := range targets {
		if t.Type == "page" {
			return t.Address
		}
	}
	return ""
}

// Navigate opens url. It returns the moment before the browser was told, once
// the browser has agreed.
func (d *DevTools) Navigate(ctx context.Context, url string) (at time.Duration, err error) {
	d.id++
	at = Now()
	command := map[string]any{"id": d.id, "method": "Page.navigate", "params": map[string]string{"url": url}}
	if err := wsjson.Write(ctx, d.conn, command); err != nil {
		return 0, fmt.Errorf("bench: navigate: %w", err)
	}
	for {
		var answer struct {
			ID     int `json:"id"`
			Result struct {
				Error string `json:"errorText"`
			} `json:"result"`
		}
		if err := wsjson.Read(ctx, d.conn, &answer); err != nil {
			return 0, fmt.Errorf("bench: navigate: %w", err)
		}
		if answer.ID != d.id {
			continue
		}
		if answer.Result.Error != "" {
			return 0, fmt.Errorf("bench: navigate: %w", errors.New(answer.Result.Error))
		}
		return at, nil
	}
}

// Close ends the connection; the browser stays. The second call does nothing.
func (d *DevTools) Close() error {
	_ = d.conn.CloseNow() // an error means that it is closed
	return nil
}
