package skyway

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/causeway-rtc/causeway/cmd/internal/flags"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
)

// Keys are API keys and what they allow. None means that there is no SkyWay.
type Keys map[string]skywayserver.Key

// Options are the flags that add to k.
func (k *Keys) Options() []flags.Option {
	return []flags.Option{
		{
			Name: "skyway-key", Arg: "KEY[:SECRET]", Value: one{k},
			Help: "let SkyWay pages with this API key in, of other machines only those with a credential made with SECRET;\nmay be given several times; flags show in process lists, so prefer a file",
		},
		{
			Name: "skyway-keys", Arg: "PATH", Value: file{k},
			Help: "read API keys from this file, KEY[:SECRET] a line; after it, list lets pages see all ids and no-sfu refuses SFU rooms",
		},
	}
}

// Open are the keys without a secret.
func (k Keys) Open() int {
	n := 0
	for _, key := range k {
		if key.Secret == "" {
			n++
		}
	}
	return n
}

// Forward tells whether a key has SFU rooms.
func (k Keys) Forward() bool {
	for _, key := range k {
		if !key.NoSFU {
			return true
		}
	}
	return false
}

const allowed = "allowed is KEY or KEY:SECRET, where KEY looks like 12345678-1234-1234-1234-123456789abc"

// add adds what one flag, or one line of a file, says. Its errors contain no
// secret.
func (k *Keys) add(s string) error {
	words := strings.Fields(s)
	if len(words) == 0 {
		return errors.New(allowed)
	}
	name, secret, has := strings.Cut(words[0], ":")
	switch {
	case !skywayserver.ValidKey(name):
		if lower := strings.ToLower(name); skywayserver.ValidKey(lower) {
			return fmt.Errorf("%s; did you mean %s?", allowed, lower)
		}
		return errors.New(allowed)
	case has && secret == "":
		return fmt.Errorf("%s; leave out the colon for a key without a secret", allowed)
	}
	if _, twice := (*k)[name]; twice {
		return fmt.Errorf("the key %s is there twice", name)
	}
	key := skywayserver.Key{Secret: secret}
	for _, word := range words[1:] {
		switch word {
		case "list":
			key.List = true
		case "no-sfu":
			key.NoSFU = true
		default:
			return fmt.Errorf("after the key, allowed are list and no-sfu%s", flags.Suggest(word, []string{"list", "no-sfu"}, ""))
		}
	}
	if *k == nil {
		*k = Keys{}
	}
	(*k)[name] = key
	return nil
}

// one is a key, in an environment variable several between commas.
type one struct{ keys *Keys }

var _ flags.Repeated = one{}

func (v one) String() string     { return "" }
func (v one) Separator() string  { return "," }
func (v one) Set(s string) error { return v.keys.add(s) }

// file is a file of keys.
type file struct{ keys *Keys }

func (v file) String() string { return "" }
func (v file) Set(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	line := 0
	for text := range strings.Lines(string(b)) {
		line++
		if text = strings.TrimSpace(text); text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if err := v.keys.add(text); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
	if line == 0 {
		return errors.New("the file is empty: " + allowed)
	}
	return nil
}
