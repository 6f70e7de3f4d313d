package input

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"unicode"
	"unicode/utf8"
)

// MaxText is the length of the longest [Text], in bytes of UTF-8.
const MaxText = 1024

// Text is text that the viewer typed: at most [MaxText] bytes of UTF-8 and no
// controls but tab and newline.
type Text struct{ Text string }

// Level is Keyboard.
func (Text) Level() Level { return Keyboard }

// String tells nothing of the text: what a person types is secret, and a log
// must not show it by accident.
func (Text) String() string { return "text" }

// LogValue is as discreet as String.
func (Text) LogValue() slog.Value { return slog.StringValue("text") }

// Validate says what is wrong with t, and never quotes it.
func (t Text) Validate() error {
	if t.Text == "" || len(t.Text) > MaxText {
		return fmt.Errorf("text: %d bytes", len(t.Text))
	}
	if !utf8.ValidString(t.Text) {
		return errors.New("text: not UTF-8")
	}
	for _, r := range t.Text {
		if unicode.IsControl(r) && r != '\t' && r != '\n' {
			return errors.New("text: control character")
		}
	}
	return nil
}

func (t Text) appendTo(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(append(b, kindText), uint16(len(t.Text)))
	return append(b, t.Text...)
}

func parseText(b []byte) (Event, int, error) {
	if len(b) < 2 {
		return nil, 0, errShort
	}
	n := int(binary.BigEndian.Uint16(b))
	if n > MaxText {
		return nil, 0, fmt.Errorf("text: %d bytes", n)
	}
	if len(b) < 2+n {
		return nil, 0, errShort
	}
	t := Text{Text: string(b[2 : 2+n])}
	return t, 2 + n, t.Validate()
}
