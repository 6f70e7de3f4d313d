package peerserver

import (
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// banner is what the original says at its path.
const banner = `{"name":"PeerJS Server","description":"A server side element to broker connections between PeerJS clients.",` +
	`"website":"https://peerjs.com/"}`

// ServeHTTP serves everything below the path. It returns when a WebSocket is
// open, which is served until it closes, or until Close.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, below := strings.CutPrefix(r.URL.Path, s.o.Path)
	if r.URL.Path+"/" == s.o.Path {
		rest, below = "", true
	}
	switch upgrade := strings.EqualFold(r.Header.Get("Upgrade"), "websocket"); {
	case upgrade && below && rest == "peerjs":
		s.serveSocket(w, r)
	case upgrade:
		http.Error(w, "Bad Request", http.StatusBadRequest)
	case !below:
		http.NotFound(w, r)
	default:
		s.serveAPI(w, r, strings.TrimSuffix(rest, "/"))
	}
}

// serveAPI answers what a page fetches.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, rest string) {
	s.allowPages(w, r)
	switch r.Method {
	case http.MethodOptions:
		w.WriteHeader(http.StatusNoContent)
		return
	case http.MethodGet, http.MethodHead:
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	key, name, _ := strings.Cut(rest, "/")
	switch {
	case rest == "":
		s.answer(w, "application/json; charset=utf-8", banner)
	case key != "" && name == "id":
		id := s.freshID()
		if id == "" {
			http.Error(w, "no id is free", http.StatusServiceUnavailable)
			return
		}
		s.answer(w, "text/html; charset=utf-8", id)
	case key != "" && name == "peers":
		if !s.o.AllowDiscovery || key != s.o.Key {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte("Unauthorized"))
			return
		}
		s.answer(w, "application/json; charset=utf-8", s.peers())
	default:
		http.NotFound(w, r)
	}
}

// answer writes a body; net/http leaves it out for HEAD.
func (s *Server) answer(w http.ResponseWriter, contentType, body string) {
	w.Header().Set("Content-Type", contentType)
	if _, err := w.Write([]byte(body)); err != nil {
		s.o.Log.Debug("an answer was not taken", "err", err)
	}
}

// peers is a JSON array of all ids.
func (s *Server) peers() string {
	s.mu.Lock()
	ids := slices.Sorted(maps.Keys(s.members))
	s.mu.Unlock()
	if len(ids) == 0 {
		return "[]"
	}
	b, err := json.Marshal(ids)
	if err != nil {
		return "[]" // strings always have a form
	}
	return string(b)
}

// allowed tells whether the page that sent r may connect, or whether it is
// from no page.
func (s *Server) allowed(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin == "" || s.o.Origins == nil || slices.Contains(s.o.Origins, origin) || slices.Contains(s.o.Origins, "*")
}

// allowPages sets the headers that let pages of other origins read an answer
// (Fetch §3.3).
func (s *Server) allowPages(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" && s.allowed(r) {
		h.Set("Access-Control-Allow-Origin", origin)
	}
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE")
		h.Add("Vary", "Access-Control-Request-Headers")
		if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
			h.Set("Access-Control-Allow-Headers", asked)
		}
	}
}

// address is what connections are counted by: the client's IP address, or its
// network where one client has many.
func (s *Server) address(r *http.Request) string {
	addr := r.RemoteAddr
	if forwarded := r.Header.Values("X-Forwarded-For"); s.o.Proxied && len(forwarded) > 0 {
		last := forwarded[len(forwarded)-1]
		addr = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
	}
	if host, _, err := net.SplitHostPort(addr); err == nil {
		addr = host
	}
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return addr
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		network, err := ip.Prefix(64)
		if err == nil {
			return network.String()
		}
	}
	return ip.String()
}

// enter counts a connection in, or returns the HTTP status that refuses it.
// There are a few more than peers, so that those refused can be told why.
func (s *Server) enter(addr string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed || s.sockets >= s.o.ConcurrentLimit+max(64, s.o.ConcurrentLimit/8):
		return http.StatusServiceUnavailable
	case s.byAddr[addr] >= s.o.ConnsPerAddr:
		return http.StatusTooManyRequests
	}
	s.sockets++
	s.byAddr[addr]++
	s.wg.Add(1)
	return 0
}

func (s *Server) leave(addr string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets--
	if s.byAddr[addr]--; s.byAddr[addr] == 0 {
		delete(s.byAddr, addr)
	}
	s.wg.Done()
}
