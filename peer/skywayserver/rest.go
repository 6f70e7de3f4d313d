package skywayserver

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/causeway-rtc/causeway/peer/engineio"
)

// serveAPI answers what a page asks about peers.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	allowed := engineio.AllowPages(w, r, s.o.Origins)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	name, what, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/apikeys/"), "/")
	key, known := s.o.Keys[name]
	known = known && (key.Secret != "" || s.o.Insecure || s.loopback(r))
	id, exists := strings.CutSuffix(strings.TrimPrefix(what, "peers/"), "/exists")
	switch {
	case !allowed:
		http.Error(w, "this origin may not ask", http.StatusForbidden)
	case r.Method == http.MethodOptions:
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.NotFound(w, r)
	case strings.TrimSuffix(what, "/") == "clients":
		if !known || !key.List {
			http.Error(w, "this API key lists no peers", http.StatusUnauthorized)
			return
		}
		s.answer(w, s.IDs(name))
	case exists && strings.HasPrefix(what, "peers/"):
		if !known {
			http.Error(w, "this server does not know the API key", http.StatusUnauthorized)
			return
		}
		s.mu.Lock()
		there := s.members[peerID{name, id}] != nil
		s.mu.Unlock()
		s.answer(w, map[string]bool{"exists": there})
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		s.o.Log.Debug("an answer was not taken", "err", err)
	}
}

// IDs are those of a key's peers, in order.
func (s *Server) IDs(key string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := []string{}
	for id := range s.members {
		if id.key == key {
			ids = append(ids, id.id)
		}
	}
	slices.Sort(ids)
	return ids
}
