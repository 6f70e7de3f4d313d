package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/peer/signal/drivers"
)

// place is where a host is, as its URL says.
type place struct {
	page   *url.URL
	token  string
	client *http.Client
	tls    *tls.Config // nil for the usual checks
}

// parseURL takes a viewer's URL apart.
func parseURL(c config) (place, error) {
	u, err := url.Parse(c.url)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return place{}, fmt.Errorf("%q is not a viewer's URL: copy the whole of what the host printed", c.url)
	}
	fragment, err := url.ParseQuery(u.Fragment)
	if err != nil {
		return place{}, fmt.Errorf("the part of the URL after #: %w", err)
	}
	p := place{page: u, token: fragment.Get("token"), client: &http.Client{}}
	u.Fragment = ""
	if c.fingerprint != "" {
		p.tls = pinned(c.fingerprint)
		p.client.Transport = &http.Transport{TLSClientConfig: p.tls}
	}
	return p, nil
}

// pinned trusts one certificate, by its fingerprint, and no other.
func pinned(fingerprint string) *tls.Config {
	want := strings.ToLower(strings.ReplaceAll(fingerprint, ":", ""))
	return &tls.Config{
		// VerifyConnection below takes the place of the usual check, and is
		// called on resumed sessions as well.
		InsecureSkipVerify: true, //nolint:gosec
		NextProtos:         []string{"http/1.1"},
		VerifyConnection: func(s tls.ConnectionState) error {
			sum := sha256.Sum256(s.PeerCertificates[0].Raw)
			if hex.EncodeToString(sum[:]) != want {
				return fmt.Errorf("the host's certificate has another fingerprint, %X", sum)
			}
			return nil
		},
	}
}

var hostMeta = regexp.MustCompile(`<meta\s+name="causeway-host"\s+content="([A-Za-z0-9_-]{1,64})"`)

// hostID asks the page for the id of its host.
func (p place) hostID(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.page.String(), nil)
	if err != nil {
		return "", err
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", err
	}
	m := hostMeta.FindSubmatch(body)
	if resp.StatusCode != http.StatusOK || m == nil {
		return "", errors.New("there is a server, but no Causeway host: check the URL")
	}
	return string(m[1]), nil
}

// dial opens the signalling.
func (p place) dial(ctx context.Context) (signal.Conn, error) {
	ws := *p.page
	ws.Scheme = strings.Replace(ws.Scheme, "http", "ws", 1)
	ws.Path = "/ws"
	return signal.Dial(ctx, drivers.All(), ws.String(), signal.Options{TLS: p.tls})
}

// newID is a random peer id.
func newID() string {
	b := make([]byte, 9)
	rand.Read(b) // never fails
	return "viewer-" + hex.EncodeToString(b)
}
