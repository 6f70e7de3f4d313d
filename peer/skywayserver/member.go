package skywayserver

import (
	"encoding/json"
	"errors"
	"regexp"
	"time"

	"github.com/causeway-rtc/causeway/peer/engineio"
	"github.com/causeway-rtc/causeway/peer/socketio"
)

// MaxName is how long an id, a token or a room's name may be in bytes.
const MaxName = 256

// What stock clients take for an id and for an API key.
var (
	idForm  = regexp.MustCompile(`^[A-Za-z0-9_-]+(?:[ _-][A-Za-z0-9]+)*$`)
	keyForm = regexp.MustCompile(`^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}$`)
)

// ValidID is true for what may be asked for as an id: letters, digits, dashes
// and underscores, and single spaces between them.
func ValidID(id string) bool { return len(id) <= MaxName && idForm.MatchString(id) }

// ValidKey is true for what has the form of an API key.
func ValidKey(key string) bool { return keyForm.MatchString(key) }

// peerID is a peer among all keys'.
type peerID struct{ key, id string }

// member is a peer that is connected. The Server's mutex guards what changes.
type member struct {
	id    peerID
	token string

	link       link // replaced when the client comes back
	rooms      map[string]*membership
	credential Credential
	timer      *time.Timer // for the credential; nil without
	gone       bool
}

// link is what leads to a client. Its methods do not wait.
type link interface {
	// deliver passes an event on. One that may be lost is dropped when the
	// client does not read; else the client is disconnected.
	deliver(e *event, lossy bool)
	// shut disconnects the client.
	shut()
}

// send sends what must not be lost. The mutex is held.
func (m *member) send(e *event) { m.link.deliver(e, false) }

// event is one event, encoded once for all that receive it.
type event struct {
	packet socketio.Packet
	parcel *engineio.Parcel
}

// newEvent makes an event of a value that has a form in JSON.
func newEvent(name string, arg any) *event {
	b, err := json.Marshal(arg)
	if err != nil {
		b = []byte("null") // what this package makes always has a form
	}
	return rawEvent(name, b, nil)
}

func rawEvent(name string, arg json.RawMessage, binary [][]byte) *event {
	e := &event{packet: socketio.Packet{Type: socketio.Event, Name: name, Arg: arg, Binary: binary}}
	messages := []engineio.Message{{Data: e.packet.Text()}}
	for _, b := range binary {
		messages = append(messages, engineio.Message{Binary: true, Data: b})
	}
	e.parcel = engineio.NewParcel(messages...)
	return e
}

// Refusal says why a peer may not connect, or may not do something. A client
// has it as an error event.
type Refusal struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// Error implements error.
func (r *Refusal) Error() string { return "skywayserver: " + r.Type + ": " + r.Message }

// The types of [Refusal], as stock clients know them but for the last.
const (
	InvalidKey      = "invalid-key"
	InvalidID       = "invalid-id"
	Authentication  = "authentication"
	Permission      = "permission"
	RoomError       = "room-error"
	ServerError     = "server-error"
	PeerUnavailable = "peer-unavailable"
)

// wish is what a client wants to be.
type wish struct {
	key, id, token string
	credential     string // JSON, or empty
	loopback       bool   // the client is on this machine
	local          bool   // the client is in this process, and needs no credential
}

// admit makes a member of whoever wants to be one.
func (s *Server) admit(w wish, l link) (*member, error) {
	key, ok := s.o.Keys[w.key]
	switch {
	case !ok:
		return nil, &Refusal{InvalidKey, "this server does not know the API key"}
	case key.Secret == "" && !w.loopback && !s.o.Insecure:
		return nil, &Refusal{Permission, "the API key has no secret, and so serves only pages on the server's own machine"}
	case w.id != "" && !ValidID(w.id):
		return nil, &Refusal{InvalidID, "the peer id is too long or has other than letters, digits, and - and _ between them"}
	case len(w.token) > MaxName:
		return nil, &Refusal{ServerError, "the token is too long"}
	}
	m := &member{id: peerID{w.key, w.id}, token: w.token, link: l, rooms: map[string]*membership{}}
	if key.Secret != "" && !w.local {
		if w.credential == "" || w.id == "" {
			return nil, &Refusal{Authentication, "the API key needs a credential and a peer id"}
		}
		c, err := parseCredential(w.credential)
		if err == nil {
			err = c.check(key.Secret, w.id, time.Now(), s.o.ClockSkew)
		}
		if err != nil {
			return nil, &Refusal{Authentication, err.Error()}
		}
		m.credential = c
	}
	return s.register(m)
}

// register gives m its id, or the member that it comes back as its new link.
func (s *Server) register(m *member) (*member, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for m.id.id == "" || m.token == "" {
		if m.token == "" {
			m.token = newID() // which nobody knows, so nobody takes its place
			continue
		}
		if id := newID(); s.members[peerID{m.id.key, id}] == nil {
			m.id.id = id
		}
	}
	old := s.members[m.id]
	switch {
	case s.closed:
		return nil, &Refusal{ServerError, "the server is closing"}
	case old != nil && !same(old.token, m.token):
		return nil, &Refusal{InvalidID, "the peer id " + m.id.id + " is taken"}
	case old == nil && len(s.members) >= s.o.Peers:
		return nil, &Refusal{ServerError, "the server has too many peers"}
	case m.credential != Credential{} && !s.guard.allows(m.id, m.credential, m.token, now):
		return nil, &Refusal{Authentication, "the credential was another client's, whose connection broke"}
	}
	if old != nil {
		old.link.shut()
		old.link, old.credential = m.link, m.credential
		m = old
	} else {
		s.members[m.id] = m
	}
	delete(s.guard.peers, m.id)
	m.send(newEvent("OPEN", struct {
		PeerID string `json:"peerId"`
	}{m.id.id}))
	s.warn(m, now)
	s.o.Log.Debug("peer connected", "peer", m.id.id, "again", old != nil)
	return m, nil
}

// holds is true while l is the link of m.
func (s *Server) holds(m *member, l link) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !m.gone && m.link == l
}

// unregister is the end of m's link, with which m goes if it is still its
// own. Whether it was the client that ended it matters to the guard.
func (s *Server) unregister(m *member, l link, clean bool) {
	s.mu.Lock()
	if m.gone || m.link != l {
		s.mu.Unlock()
		return
	}
	if now := time.Now(); !clean && m.credential != (Credential{}) {
		s.guard.put(m.id, departed{m.credential, m.token, now.Add(s.o.ReplayGuard)}, now)
	}
	at := s.remove(m)
	s.mu.Unlock()
	closeAll(at)
	s.o.Log.Debug("peer disconnected", "peer", m.id.id, "clean", clean)
}

// expel disconnects m and says why.
func (s *Server) expel(m *member, why *Refusal) {
	s.mu.Lock()
	if m.gone {
		s.mu.Unlock()
		return
	}
	m.send(newEvent("ERROR", why))
	at := s.remove(m)
	m.link.shut()
	s.mu.Unlock()
	closeAll(at)
	s.o.Log.Debug("peer expelled", "peer", m.id.id, "why", why.Message)
}

// remove forgets m, and returns its places at the SFU, which are to be closed
// without the mutex that is held now.
func (s *Server) remove(m *member) (at []SFUMember) {
	m.gone = true
	delete(s.members, m.id)
	if m.timer != nil {
		m.timer.Stop()
	}
	for _, in := range m.rooms {
		if x := s.leave(m, in); x != nil {
			at = append(at, x)
		}
	}
	return at
}

// warn tells m when its credential is about to end, and comes again until it
// has. The mutex is held.
func (s *Server) warn(m *member, now time.Time) {
	if m.timer != nil {
		m.timer.Stop()
		m.timer = nil
	}
	if m.credential == (Credential{}) {
		return
	}
	left := m.credential.expires().Sub(now)
	next, told := left, false
	for _, notice := range s.o.ExpiryNotices {
		if left > notice {
			next = min(next, left-notice)
		} else {
			told = true
		}
	}
	if told {
		m.send(newEvent("AUTH_EXPIRES_IN", int((left+time.Second-1)/time.Second)))
	}
	var timer *time.Timer
	timer = time.AfterFunc(next, func() { s.expire(m, &timer) })
	m.timer = timer
}

// expire is what m's timer does.
func (s *Server) expire(m *member, timer **time.Timer) {
	s.mu.Lock()
	now := time.Now()
	current := m.timer == *timer && !m.gone && !s.closed
	over := !now.Before(m.credential.expires())
	if current && !over {
		s.warn(m, now)
	}
	s.mu.Unlock()
	if current && over {
		s.expel(m, &Refusal{Authentication, "the credential has expired"})
	}
}

// updateCredential puts off the end of m's credential.
func (s *Server) updateCredential(m *member, p *socketio.Packet) {
	key := s.o.Keys[m.id.key]
	now := time.Now()
	c, err := parseCredential(string(p.Arg))
	if err == nil {
		err = c.check(key.Secret, m.id.id, now, s.o.ClockSkew)
	}
	if err != nil && key.Secret != "" {
		s.expel(m, &Refusal{Authentication, err.Error()})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.credential != (Credential{}) && !m.gone { // who needed none needs none now
		m.credential = c
		s.warn(m, now)
	}
}

// refuse tells m why something was not done.
func (s *Server) refuse(m *member, why *Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.link.deliver(newEvent("ERROR", why), true)
}

func (s *Server) roomError(m *member, room, message string) {
	s.refuse(m, &Refusal{RoomError, "room " + quote(room) + ": " + message})
}

// quote is a name as an error may contain it.
func quote(name string) string {
	if len(name) > 64 {
		name = name[:64] + "…"
	}
	b, err := json.Marshal(name)
	if err != nil {
		return "" // a string always has a form
	}
	return string(b)
}

var errUnknown = errors.New("skywayserver: no such event")
