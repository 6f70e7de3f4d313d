package peerserver

import (
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// Type is what a message is for.
type Type string

// The types of messages. Those of the first group are the server's, those of
// the second go from peer to peer; [Expire] and [Leave] come from both.
const (
	Open       Type = "OPEN"        // the connection is registered
	Error      Type = "ERROR"       // it is refused: payload {"msg": why}
	IDTaken    Type = "ID-TAKEN"    // it is refused: somebody else has the id
	InvalidKey Type = "INVALID-KEY" // it is refused: the key is wrong

	Offer     Type = "OFFER"
	Answer    Type = "ANSWER"
	Candidate Type = "CANDIDATE"
	Leave     Type = "LEAVE"  // src is gone
	Expire    Type = "EXPIRE" // what was sent to src has not reached it

	Heartbeat Type = "HEARTBEAT" // to the server: I am here
)

// relayed is true for what is passed on from peer to peer.
func (t Type) relayed() bool {
	switch t {
	case Offer, Answer, Candidate, Leave, Expire:
		return true
	}
	return false
}

// Message is one message, whose JSON has the same names in lower case.
type Message struct {
	Type Type `json:"type"`
	// Src is the sender's id. The server sets it.
	Src string `json:"src,omitempty"`
	// Dst is the receiver's id.
	Dst string `json:"dst,omitempty"`
	// Payload is JSON which the server does not look into. Nil is none.
	Payload json.RawMessage `json:"payload,omitempty"`
}

// size is what a message counts in bounds: its bytes, and what holds them.
func (m *Message) size() int { return len(m.Src) + len(m.Dst) + len(m.Payload) + 128 }

var errSyntax = errors.New("peerserver: malformed message")

// parseMessage reads what a client has sent. Text that is not UTF-8 is
// refused, because a browser that received it would close its connection (RFC
// 6455 §8.1).
func parseMessage(b []byte) (Message, error) {
	var m Message
	if !utf8.Valid(b) || json.Unmarshal(b, &m) != nil {
		return Message{}, errSyntax
	}
	return m, nil
}

// marshal is the wire form of m, in the original's order.
func (m *Message) marshal() []byte {
	b := make([]byte, 0, m.size())
	b = append(b, `{"type":`...)
	b = appendString(b, string(m.Type))
	if m.Src != "" {
		b = appendString(append(b, `,"src":`...), m.Src)
	}
	if m.Dst != "" {
		b = appendString(append(b, `,"dst":`...), m.Dst)
	}
	if len(m.Payload) > 0 {
		b = append(append(b, `,"payload":`...), m.Payload...)
	}
	return append(b, '}')
}

// appendString appends s as JSON. Types and almost all ids need no escapes.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			text, err := json.Marshal(s)
			if err != nil {
				text = []byte(`""`) // a string always has a form
			}
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// refusal is a message of the server's that ends a connection.
func refusal(t Type, msg string) Message {
	payload, err := json.Marshal(map[string]string{"msg": msg})
	if err != nil {
		return Message{Type: t}
	}
	return Message{Type: t, Payload: payload}
}
