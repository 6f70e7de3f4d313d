package signal

import (
	"bytes"
	"encoding/json"
)

// Op is what a frame does.
type Op uint8

// The operations of PROTOCOL.md, either direction.
const (
	OpPublish Op = iota
	OpSubscribe
	OpUnsubscribe
	OpRefuse
	OpPing
	OpPong
)

// Frame is one text frame between a peer and a broker.
type Frame struct {
	Op Op
	// Namespaces has one element for OpPublish, and one or more for
	// OpSubscribe and OpUnsubscribe.
	Namespaces []Namespace
	// Secret belongs to OpSubscribe of a direct namespace. May be empty.
	Secret string
	// Message belongs to OpPublish.
	Message Message
	// Err belongs to OpRefuse.
	Err *Error
}

// ParseFrame reads a frame of either direction. Its error is an [*Error] with
// [CodeSyntax]. The frame does not refer to b.
func ParseFrame(b []byte) (Frame, error) {
	switch {
	case len(b) > MaxFrame:
		return Frame{}, refuse(CodeSyntax, "the frame has %d bytes, more than %d", len(b), MaxFrame)
	case string(b) == "ping":
		return Frame{Op: OpPing}, nil
	case string(b) == "pong":
		return Frame{Op: OpPong}, nil
	}
	var fields []json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return Frame{}, refuse(CodeSyntax, "the frame is no JSON array: %v", err)
	}
	var head string
	if len(fields) < 2 || json.Unmarshal(fields[0], &head) != nil {
		return Frame{}, refuse(CodeSyntax, "the frame is no array of a string and more")
	}
	switch head {
	case ">":
		return parseSubscribe(fields)
	case "<":
		namespaces, err := parseNamespaces(fields[1])
		return Frame{Op: OpUnsubscribe, Namespaces: namespaces}, err
	case "!":
		return parseRefusal(fields)
	}
	return parsePublish(Namespace(head), fields)
}

func parseSubscribe(fields []json.RawMessage) (Frame, error) {
	namespaces, err := parseNamespaces(fields[1])
	if err != nil {
		return Frame{}, err
	}
	f := Frame{Op: OpSubscribe, Namespaces: namespaces}
	if len(fields) > 2 {
		if json.Unmarshal(fields[2], &f.Secret) != nil || len(f.Secret) > MaxSecret {
			return Frame{}, refuse(CodeSyntax, "the secret is no string of at most %d bytes", MaxSecret)
		}
		if len(namespaces) != 1 || !namespaces[0].Direct() {
			return Frame{}, refuse(CodeSyntax, "a secret claims one direct namespace")
		}
	}
	return f, nil
}

func parseNamespaces(b json.RawMessage) ([]Namespace, error) {
	var list []Namespace
	if b[0] == '"' {
		list = make([]Namespace, 1)
		if err := json.Unmarshal(b, &list[0]); err != nil {
			return nil, refuse(CodeSyntax, "the namespace: %v", err)
		}
	} else if err := json.Unmarshal(b, &list); err != nil {
		return nil, refuse(CodeSyntax, "the namespaces: %v", err)
	}
	if len(list) == 0 || len(list) > MaxNamespaces {
		return nil, refuse(CodeSyntax, "%d namespaces, not 1 to %d", len(list), MaxNamespaces)
	}
	for _, ns := range list {
		if !ns.Valid() {
			return nil, refuse(CodeSyntax, "%.160q is no namespace", ns)
		}
	}
	return list, nil
}

func parseRefusal(fields []json.RawMessage) (Frame, error) {
	e := &Error{}
	if len(fields) < 3 || json.Unmarshal(fields[1], &e.Code) != nil || json.Unmarshal(fields[2], &e.Text) != nil {
		return Frame{}, refuse(CodeSyntax, "the refusal has no code and text")
	}
	if len(e.Code) == 0 || len(e.Code) > maxType || len(e.Text) > maxText {
		return Frame{}, refuse(CodeSyntax, "the refusal is too long")
	}
	if len(fields) > 3 {
		if json.Unmarshal(fields[3], &e.Namespace) != nil || e.Namespace != "" && !e.Namespace.Valid() {
			return Frame{}, refuse(CodeSyntax, "the refusal's namespace is none")
		}
	}
	return Frame{Op: OpRefuse, Err: e}, nil
}

func parsePublish(ns Namespace, fields []json.RawMessage) (Frame, error) {
	if !ns.Valid() {
		return Frame{}, refuse(CodeSyntax, "%.160q is no namespace", ns)
	}
	f := Frame{Op: OpPublish, Namespaces: []Namespace{ns}}
	if len(fields) != 2 || !bytes.HasPrefix(fields[1], []byte("{")) {
		return Frame{}, refuse(CodeSyntax, "the message is no object")
	}
	if err := json.Unmarshal(fields[1], &f.Message); err != nil {
		return Frame{}, refuse(CodeSyntax, "the message: %v", err)
	}
	return f, f.Message.Validate()
}

// Marshal is the frame's wire form. Its error is for a message whose Data or
// Metadata is no JSON, or a frame longer than [MaxFrame].
func (f *Frame) Marshal() ([]byte, error) {
	var v []any
	switch f.Op {
	case OpPing:
		return []byte("ping"), nil
	case OpPong:
		return []byte("pong"), nil
	case OpPublish:
		v = []any{f.Namespaces[0], &f.Message}
	case OpSubscribe:
		v = []any{">", f.Namespaces}
		if f.Secret != "" {
			v = []any{">", f.Namespaces[0], f.Secret}
		}
	case OpUnsubscribe:
		v = []any{"<", f.Namespaces[0]}
	case OpRefuse:
		text := f.Err.Text
		if len(text) > maxText {
			text = text[:maxText]
		}
		v = []any{"!", f.Err.Code, text, f.Err.Namespace}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, refuse(CodeSyntax, "the frame cannot be written: %v", err)
	}
	b := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	if len(b) > MaxFrame {
		return nil, refuse(CodeSyntax, "the frame has %d bytes, more than %d", len(b), MaxFrame)
	}
	return b, nil
}
