package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/causeway-rtc/causeway/peer/peerserver/peerservertest"
)

// documentedPage serves the page of a document, and beside it a stock client
// from npm, as somebody would who has read it.
func documentedPage(t *testing.T, document, script, client string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + document)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```html\n")
	page, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatalf("docs/%s has no page", document)
	}
	stock, err := os.ReadFile(filepath.Join(peerservertest.Modules(t), client))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/"+script {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(stock)
			return
		}
		_, _ = w.Write([]byte(page))
	}))
	t.Cleanup(s.Close)
	return s.URL
}
