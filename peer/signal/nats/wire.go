package nats

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/causeway-rtc/causeway/peer/signal"
)

// overhead is what sealing adds: the IV and the tag.
const overhead = 12 + 16

// wire makes subjects and payloads. It does not change once it is made.
type wire struct {
	prefix string      // may be empty
	aead   cipher.AEAD // nil without a secret
}

func newWire(prefix, secret string) (*wire, error) {
	if err := checkPrefix(prefix); err != nil {
		return nil, err
	}
	if len(secret) > signal.MaxSecret {
		return nil, fmt.Errorf("the secret has %d bytes, more than %d", len(secret), signal.MaxSecret)
	}
	w := &wire{prefix: prefix}
	if secret == "" {
		return w, nil
	}
	key := sha256.Sum256([]byte(secret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	// Its nonce lies before the ciphertext, which is the form we want.
	w.aead, err = cipher.NewGCMWithRandomNonce(block)
	return w, err
}

// checkPrefix is nil for the beginning of a subject: tokens between dots,
// without blanks and wildcards. What begins with a dollar is the server's.
func checkPrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	if len(prefix) > 128 {
		return fmt.Errorf("the prefix has %d bytes, more than 128", len(prefix))
	}
	if prefix[0] == '$' {
		return fmt.Errorf("the prefix %q begins with $, as only the server's own subjects do", prefix)
	}
	for _, token := range strings.Split(prefix, ".") {
		if token == "" {
			return fmt.Errorf("the prefix %q has an empty part between dots", prefix)
		}
		for _, c := range []byte(token) {
			if c <= ' ' || c > '~' || c == '*' || c == '>' {
				return fmt.Errorf("the prefix %q has %q, which no subject may have", prefix, c)
			}
		}
	}
	return nil
}

// subject is where messages to ns go.
func (w *wire) subject(ns signal.Namespace) string {
	room, peer := ns.Split()
	var elements []string
	for _, e := range []string{w.prefix, room, peer} {
		if e == "" {
			continue
		}
		if w.aead != nil {
			sum := sha256.Sum256([]byte(e))
			e = hex.EncodeToString(sum[:])
		}
		elements = append(elements, e)
	}
	return strings.Join(elements, ".")
}

// seal is m's payload. Its error is a refusal.
func (w *wire) seal(m *signal.Message) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		return nil, refuse(signal.CodeSyntax, "", "the message cannot be written: %v", err)
	}
	b := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	if len(b) > signal.MaxFrame {
		return nil, refuse(signal.CodeSyntax, "", "the message has %d bytes, more than %d", len(b), signal.MaxFrame)
	}
	if w.aead == nil {
		return b, nil
	}
	return w.aead.Seal(nil, nil, b, nil), nil
}

// open reads a payload, which anybody may have written. The message does not
// refer to b.
func (w *wire) open(b []byte) (signal.Message, error) {
	if len(b) > signal.MaxFrame+overhead {
		return signal.Message{}, fmt.Errorf("the payload has %d bytes, more than %d", len(b), signal.MaxFrame+overhead)
	}
	if w.aead != nil {
		var err error
		if b, err = w.aead.Open(nil, nil, b, nil); err != nil {
			return signal.Message{}, errors.New("the payload is not sealed with our secret")
		}
	}
	if !bytes.HasPrefix(b, []byte("{")) {
		return signal.Message{}, errors.New("the payload is no JSON object")
	}
	var m signal.Message
	if err := json.Unmarshal(b, &m); err != nil {
		return signal.Message{}, fmt.Errorf("the payload: %w", err)
	}
	return m, m.Validate()
}

func refuse(code signal.Code, ns signal.Namespace, format string, args ...any) *signal.Error {
	return &signal.Error{Code: code, Text: fmt.Sprintf(format, args...), Namespace: ns}
}
