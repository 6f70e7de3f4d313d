package peerserver_test

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/causeway-rtc/causeway/peer/peerserver"
)

func TestServerKnowsWhoIsWhere(t *testing.T) {
	s := peerserver.New(peerserver.Options{})
	h := httptest.NewServer(s)
	t.Cleanup(func() { _ = s.Close(); h.Close() })
	if _, err := s.Dial("near", "t"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(h.URL, "http")+"/peerjs?key=peerjs&id=far&token=t", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if _, _, err := c.Read(ctx); err != nil { // OPEN
		t.Fatal(err)
	}
	if ids := s.IDs(); !slices.Equal(ids, []string{"far", "near"}) {
		t.Errorf("%q", ids)
	}
	for id, want := range map[string]string{"far": "127.0.0.1", "near": "", "nobody": ""} {
		if addr := s.Addr(id); addr != want {
			t.Errorf("%s is at %q, want %q", id, addr, want)
		}
	}
}
