package skywayserver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// How long a credential may serve.
const (
	minTTL = 600 * time.Second
	maxTTL = 90000 * time.Second
)

// maxCredential is how long a credential may be as JSON.
const maxCredential = 1024

// Credential shows that the owner of a key has let a peer in.
type Credential struct {
	// Timestamp is when it was made, in seconds of Unix time.
	Timestamp int64 `json:"timestamp"`
	// TTL is for how many seconds from then it serves: 600 to 90000.
	TTL int64 `json:"ttl"`
	// AuthToken is the HMAC.
	AuthToken string `json:"authToken"`
}

// NewCredential makes the credential of a peer with a key's secret.
func NewCredential(secret, peerID string, now time.Time, ttl time.Duration) Credential {
	c := Credential{Timestamp: now.Unix(), TTL: int64(ttl / time.Second)}
	c.AuthToken = base64.StdEncoding.EncodeToString(c.sum(secret, peerID))
	return c
}

func (c *Credential) sum(secret, peerID string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(strconv.FormatInt(c.Timestamp, 10) + ":" + strconv.FormatInt(c.TTL, 10) + ":" + peerID))
	return h.Sum(nil)
}

// expires is when it ends.
func (c *Credential) expires() time.Time { return time.Unix(c.Timestamp+c.TTL, 0) }

// check is nil when c serves the peer now.
func (c *Credential) check(secret, peerID string, now time.Time, skew time.Duration) error {
	sum, err := base64.StdEncoding.DecodeString(c.AuthToken)
	switch {
	case err != nil || !hmac.Equal(sum, c.sum(secret, peerID)):
		return errors.New("the credential is not for this peer id and API key")
	case c.TTL < int64(minTTL/time.Second) || c.TTL > int64(maxTTL/time.Second):
		return errors.New("the credential's ttl is not from 600 to 90000 seconds")
	case c.Timestamp < 0 || time.Unix(c.Timestamp, 0).After(now.Add(skew)):
		return errors.New("the credential's timestamp is in the future")
	case !now.Before(c.expires()):
		return errors.New("the credential has expired")
	}
	return nil
}

// parseCredential reads a credential as a client says it. A stock client that
// connects again after it got a new one has encoded it once too often.
func parseCredential(s string) (Credential, error) {
	var c Credential
	if len(s) > 3*maxCredential {
		return c, errors.New("the credential is too long")
	}
	if strings.HasPrefix(s, "%") {
		if once, err := url.QueryUnescape(s); err == nil {
			s = once
		}
	}
	if len(s) > maxCredential || json.Unmarshal([]byte(s), &c) != nil {
		return Credential{}, errors.New("the credential is no JSON of timestamp, ttl and authToken")
	}
	return c, nil
}

// departed is what is known of a peer whose connection broke.
type departed struct {
	credential Credential
	token      string
	until      time.Time
}

// guard remembers the credentials of broken connections. The Server's mutex
// guards it.
type guard struct {
	limit int
	peers map[peerID]departed
}

// put remembers a peer, in place of others if there are too many.
func (g *guard) put(id peerID, d departed, now time.Time) {
	if len(g.peers) >= g.limit {
		for other, x := range g.peers {
			if !now.Before(x.until) {
				delete(g.peers, other)
			}
		}
		for other := range g.peers {
			if len(g.peers) < g.limit {
				break
			}
			delete(g.peers, other)
		}
	}
	g.peers[id] = d
}

// allows is false for a credential that another client had when its
// connection broke.
func (g *guard) allows(id peerID, c Credential, token string, now time.Time) bool {
	d, ok := g.peers[id]
	if !ok || !now.Before(d.until) {
		delete(g.peers, id)
		return true
	}
	return d.credential != c || d.token == token
}
