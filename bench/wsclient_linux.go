package bench

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// wsClient is a WebSocket client (RFC 6455) that costs little: thousands of
// them must not be what limits a measurement of their server. Messages are
// text of less than 64 KiB in one frame.
type wsClient struct {
	conn net.Conn
	r    *bufio.Reader

	mu    sync.Mutex
	frame []byte // the last message sent, with its header
}

// dialTimeout is for a server that is busy accepting thousands.
const dialTimeout = 60 * time.Second

// dialWS connects to addr and asks for path.
func dialWS(addr, path string) (*wsClient, error) {
	conn, err := net.DialTimeout("tcp", addr, dialTimeout)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	c := &wsClient{conn: conn, r: bufio.NewReaderSize(conn, 512)}
	if err := c.upgrade(addr, path); err != nil {
		conn.Close()
		return nil, fmt.Errorf("bench: WebSocket %s: %w", path, err)
	}
	return c, nil
}

func (c *wsClient) upgrade(addr, path string) error {
	_ = c.conn.SetDeadline(time.Now().Add(dialTimeout))
	defer func() { _ = c.conn.SetDeadline(time.Time{}) }()
	_, err := fmt.Fprintf(c.conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", path, addr)
	if err != nil {
		return err
	}
	status, err := c.r.ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(status, "HTTP/1.1 101") {
		return errors.New(strings.TrimSpace(status))
	}
	for line := ""; line != "\r\n"; {
		if line, err = c.r.ReadString('\n'); err != nil {
			return err
		}
	}
	return nil
}

// send sends a message. The mask is zero, which is a mask like any other.
func (c *wsClient) send(text []byte) error {
	const text1, masked, long = 0x81, 0x80, 126
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(text) < long {
		c.frame = append(c.frame[:0], text1, masked|byte(len(text)))
	} else {
		c.frame = binary.BigEndian.AppendUint16(append(c.frame[:0], text1, masked|long), uint16(len(text)))
	}
	c.frame = append(append(c.frame, 0, 0, 0, 0), text...)
	_, err := c.conn.Write(c.frame)
	return err
}

// receive reads the next message into b, which grows as need be.
func (c *wsClient) receive(b []byte) ([]byte, error) {
	const text1, long = 0x81, 126
	head, err := c.r.Peek(4)
	if err != nil {
		return nil, err
	}
	n, header := int(head[1]), 2
	if head[0] != text1 || n > long {
		return nil, fmt.Errorf("bench: unexpected frame %x", head)
	}
	if n == long {
		n, header = int(binary.BigEndian.Uint16(head[2:])), 4
	}
	_, _ = c.r.Discard(header) // they have been peeked at
	if cap(b) < n {
		b = make([]byte, n)
	}
	b = b[:n]
	_, err = io.ReadFull(c.r, b)
	return b, err
}

func (c *wsClient) close() { _ = c.conn.Close() }
