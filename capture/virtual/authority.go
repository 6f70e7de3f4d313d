package virtual

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// conversation bounds one exchange with the X server.
const conversation = 10 * time.Second

// writeAuthority makes a random cookie and writes it to path in the form of
// Xau(3). It returns the cookie in hexadecimal.
func writeAuthority(path string) (string, error) {
	cookie := make([]byte, 16)
	rand.Read(cookie)
	const familyWild = 0xffff // any host, and with an empty number any display
	entry := binary.BigEndian.AppendUint16(nil, familyWild)
	for _, field := range [][]byte{nil, nil, []byte("MIT-MAGIC-COOKIE-1"), cookie} {
		entry = binary.BigEndian.AppendUint16(entry, uint16(len(field)))
		entry = append(entry, field...)
	}
	return hex.EncodeToString(cookie), os.WriteFile(path, entry, 0o600)
}

// admitUser lets every program of this user connect without the cookie.
func (d *Display) admitUser(ctx context.Context) error {
	return d.converse(ctx, func(c *xgb.Conn) error {
		address := fmt.Appendf(nil, "localuser\x00#%d", os.Getuid())
		return xproto.ChangeHostsChecked(c, xproto.HostModeInsert, xproto.FamilyServerInterpreted,
			uint16(len(address)), address).Check()
	})
}

// converse calls f with a connection to the display that is closed afterwards,
// and by force when the server does not answer.
func (d *Display) converse(ctx context.Context, f func(*xgb.Conn) error) error {
	// The logger is xgb's own and one for the process; it repeats on stderr
	// what the calls return.
	xgb.Logger.SetOutput(io.Discard)
	ctx, cancel := context.WithTimeout(ctx, conversation)
	defer cancel()
	socket, err := d.dial(ctx)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { socket.Close() })()
	c, err := xgb.NewConnNetWithCookieHex(socket, d.cookie)
	if err != nil {
		socket.Close()
		return err
	}
	defer hangUp(c, socket)
	return f(c)
}

// hangUp closes a connection and waits until nothing of it is left.
func hangUp(c *xgb.Conn, socket net.Conn) {
	socket.Close()
	c.Close()
	for {
		if event, err := c.WaitForEvent(); event == nil && err == nil {
			return
		}
	}
}
