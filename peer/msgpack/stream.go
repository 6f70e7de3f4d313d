package msgpack

import "fmt"

// Stream takes values out of bytes that come in pieces. It looks at each byte
// once before it reads a value. It is used from one goroutine at a time.
type Stream struct {
	// MaxBytes bounds a value, and so what waits for the rest of it. Zero
	// means 64 MiB.
	MaxBytes int
	// MaxValues bounds the values in one. Zero means 2^20.
	MaxValues int

	buf    []byte // of the value that has begun
	at     int    // how much of it has been looked at; may be past its end
	open   int    // values that have yet to begin
	values int
}

// Waiting is how many bytes wait for more.
func (s *Stream) Waiting() int { return len(s.buf) }

// Add takes the next bytes, which stay the caller's, and returns the values that
// they complete. After an error, which wraps [ErrSyntax], there is no telling
// where the next value begins.
func (s *Stream) Add(piece []byte) ([]any, error) {
	most, many := s.MaxBytes, s.MaxValues
	if most <= 0 {
		most = 64 << 20
	}
	if many <= 0 {
		many = 1 << 20
	}
	s.buf = append(s.buf, piece...)
	rest := s.buf
	var all []any
	for len(rest) > 0 {
		if s.at == 0 {
			s.open, s.values = 1, 1
		}
		whole, err := s.scan(rest, most, many)
		if err != nil {
			return all, err
		}
		if !whole {
			break
		}
		v, err := Unmarshal(rest[:s.at:s.at])
		if err != nil {
			return all, err
		}
		all, rest, s.at = append(all, v), rest[s.at:], 0
	}
	if all != nil {
		s.buf = append([]byte(nil), rest...) // the values have parts of the old one
	}
	return all, nil
}

// scan goes on to where the value at the front of b ends, and is true if it
// has come.
func (s *Stream) scan(b []byte, most, many int) (whole bool, err error) {
	for s.open > 0 {
		if s.at >= len(b) {
			return false, nil
		}
		next, ok, err := look(b[s.at:])
		if err != nil || !ok {
			return false, err
		}
		s.open += next.count - 1
		s.values += next.count
		s.at += next.head + next.bytes
		if s.values > many {
			return false, errMany
		}
		if s.at+s.open > most {
			return false, fmt.Errorf("msgpack: %w: a value of more than %d bytes", ErrSyntax, most)
		}
	}
	return s.at <= len(b), nil
}
