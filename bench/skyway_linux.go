package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// skywayKey is the API key of the benchmark.
const skywayKey = "00000000-0000-0000-0000-000000000000"

// skywayClient is a SkyWay page as far as its server sees one: it opens by
// polling, goes over to a WebSocket, and joins a room.
type skywayClient struct {
	ws *wsClient
}

var sidForm = regexp.MustCompile(`"sid":"([^"]+)"`)

// openSkyWay connects as stock pages do, and is open at its return.
func openSkyWay(web *http.Client, addr string, id int) (*skywayClient, error) {
	path := fmt.Sprintf("/socket.io/?apiKey=%s&token=t&platform=javascript&sdk_version=4.4.5&peerId=p%d&EIO=3", skywayKey, id)
	resp, err := web.Get("http://" + addr + path + "&transport=polling")
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	sid := sidForm.FindSubmatch(body)
	if err != nil || sid == nil || !bytes.Contains(body, []byte(`"OPEN"`)) {
		return nil, fmt.Errorf("bench: SkyWay client %d was opened by %q, %v", id, body, err)
	}
	ws, err := dialWS(addr, path+"&transport=websocket&sid="+string(sid[1]))
	if err != nil {
		return nil, err
	}
	c := &skywayClient{ws}
	_ = ws.conn.SetReadDeadline(time.Now().Add(dialTimeout))
	err = ws.send([]byte("2probe"))
	if err == nil {
		_, err = ws.receive(nil)
	}
	if err == nil {
		err = ws.send([]byte("5"))
	}
	if err != nil {
		ws.close()
		return nil, err
	}
	return c, nil
}

// join joins the room and returns when n members are known to the client.
func (c *skywayClient) join(n int) error {
	if err := c.ws.send([]byte(`42["ROOM_JOIN",{"roomName":"crowd","roomType":"mesh"}]`)); err != nil {
		return err
	}
	_ = c.ws.conn.SetReadDeadline(time.Now().Add(dialTimeout))
	var b []byte
	for known := 0; known < n; {
		var err error
		if b, err = c.ws.receive(b); err != nil {
			return err
		}
		if !bytes.HasPrefix(b, []byte(`42["ROOM_USER_JOIN"`)) {
			return fmt.Errorf("bench: received %.100q", b)
		}
		known++
		if _, members, own := bytes.Cut(b, []byte(`"roomMembers":[`)); own {
			known = bytes.Count(members, []byte(",")) + 1
		}
	}
	return nil
}

// JoinSkyWay connects n SkyWay clients to addr at once, has them join one room,
// and returns how long it took until each knew of all, in milliseconds.
func JoinSkyWay(addr string, n int) (float64, error) {
	web := &http.Client{Timeout: dialTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: n}}
	defer web.CloseIdleConnections()
	clients, errs := make([]*skywayClient, n), make([]error, n)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range n {
		wg.Go(func() {
			if clients[i], errs[i] = openSkyWay(web, addr, i); errs[i] == nil {
				errs[i] = clients[i].join(n)
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	for _, c := range clients {
		if c != nil {
			c.ws.close()
		}
	}
	return float64(took.Microseconds()) / 1000, errors.Join(errs...)
}
