package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"github.com/causeway-rtc/causeway/peer/auth"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
)

const help = `credential makes the credentials that SkyWay pages need for a key with a secret.
A page asks for one before it connects, and again when it is told expiresin:

  POST /authenticate  peerId=ID&sessionToken=SESSION
  {"peerId": ID, "timestamp": ..., "ttl": ..., "authToken": ...}

The secret comes from CAUSEWAY_SKYWAY_SECRET and never leaves this server. In
place of the sessions of a website there is one, which is printed. End it with
Ctrl-C.

Flags:
`

func main() {
	flags := flag.NewFlagSet("credential", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:8490", "serve on this address; put it behind TLS beyond this machine")
	origin := flags.String("origin", "", "let pages of this origin ask, such as https://example.org (none but its own)")
	ttl := flags.Duration("ttl", time.Hour, "how long a credential serves, 10m to 25h")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), help)
		flags.PrintDefaults()
	}
	_ = flags.Parse(os.Args[1:]) // it exits when they are wrong
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := authority{secret: os.Getenv("CAUSEWAY_SKYWAY_SECRET"), session: string(auth.NewToken()), origin: *origin, ttl: *ttl}
	if err := a.serve(ctx, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "credential:", err)
		os.Exit(1)
	}
}

// authority makes credentials for those who have a session.
type authority struct {
	secret, session string
	origin          string
	ttl             time.Duration
}

// serve answers until ctx is done.
func (a *authority) serve(ctx context.Context, listen string) error {
	if a.secret == "" {
		return errors.New("set CAUSEWAY_SKYWAY_SECRET to what follows the colon in the server's --skyway-key KEY:SECRET")
	}
	if a.ttl < 10*time.Minute || a.ttl > 25*time.Hour {
		return fmt.Errorf("--ttl %v: allowed is 10m to 25h", a.ttl)
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("%w\nchoose another address with --listen", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /authenticate", a.authenticate)
	mux.HandleFunc("OPTIONS /authenticate", a.allow)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	fmt.Printf("http://%s/authenticate lets in the session %s\n", l.Addr(), a.session)
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// peerIDs are the ids that this website gives its users.
var peerIDs = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)

// authenticate answers with a credential for the peer id that is asked for. A
// website would look the session up, and let each user have its own ids alone:
// a credential says who somebody is.
func (a *authority) authenticate(w http.ResponseWriter, r *http.Request) {
	a.allow(w, r)
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	id := r.PostFormValue("peerId")
	switch {
	case !auth.Token(a.session).Equal(r.PostFormValue("sessionToken")):
		http.Error(w, "There is no such session: log in again.", http.StatusUnauthorized)
		return
	case !peerIDs.MatchString(id):
		http.Error(w, "A peer id is up to 64 letters and digits.", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(struct { // who does not read it asks again
		PeerID string `json:"peerId"`
		skywayserver.Credential
	}{id, skywayserver.NewCredential(a.secret, id, time.Now(), a.ttl)})
}

// allow lets pages of the origin read the answer.
func (a *authority) allow(w http.ResponseWriter, _ *http.Request) {
	if a.origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", a.origin)
	}
}
