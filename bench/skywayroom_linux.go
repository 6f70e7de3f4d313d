package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

// skywayRoom is our broker as a [Forwarder]: an SFU room of SkyWay's.
type skywayRoom struct {
	addr string
	web  *http.Client
	stop chan struct{}
	wg   sync.WaitGroup

	mu      sync.Mutex
	clients []*skywayClient
}

func openSkyWayRoom(addr string) *skywayRoom {
	r := &skywayRoom{addr: addr, web: &http.Client{Timeout: dialTimeout}, stop: make(chan struct{})}
	r.wg.Go(r.ping)
	return r
}

// ping tells the server that the clients are there.
func (r *skywayRoom) ping() {
	ticker := time.NewTicker(10 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-ticker.C:
		}
		r.mu.Lock()
		for _, c := range r.clients {
			_ = c.ws.send([]byte("2")) // who reads sees the end
		}
		r.mu.Unlock()
	}
}

// Send implements [Forwarder].
func (r *skywayRoom) Send(pc *webrtc.PeerConnection) error { return r.enter(pc) }

// Receive implements [Forwarder].
func (r *skywayRoom) Receive(pc *webrtc.PeerConnection) error { return r.enter(pc) }

// enter joins the room and returns at the first answer to an offer.
func (r *skywayRoom) enter(pc *webrtc.PeerConnection) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, err := openSkyWay(r.web, r.addr, len(r.clients))
	if err != nil {
		return err
	}
	r.clients = append(r.clients, c)
	for _, s := range []string{`42["ROOM_JOIN",{"roomName":"fan","roomType":"sfu"}]`, `42["SFU_GET_OFFER",{"roomName":"fan"}]`} {
		if err := c.ws.send([]byte(s)); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
	}
	answered := make(chan error, 1)
	r.wg.Go(func() {
		err := c.answer(pc, answered)
		select {
		case answered <- err:
		default: // it has gone on without
		}
	})
	return <-answered
}

// answer answers offers until the connection ends.
func (c *skywayClient) answer(pc *webrtc.PeerConnection, answered chan<- error) error {
	_ = c.ws.conn.SetReadDeadline(time.Time{})
	var b []byte
	for {
		var err error
		if b, err = c.ws.receive(b); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		rest, is := bytes.CutPrefix(b, []byte(`42["SFU_OFFER",`))
		if !is {
			continue
		}
		var said struct{ Offer webrtc.SessionDescription }
		if err := json.Unmarshal(bytes.TrimSuffix(rest, []byte("]")), &said); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		answer, err := answerTo(pc, said.Offer)
		if err != nil {
			return err
		}
		sdp, err := json.Marshal(answer)
		if err == nil {
			err = c.ws.send(fmt.Appendf(nil, `42["SFU_ANSWER",{"roomName":"fan","answer":%s}]`, sdp))
		}
		if err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		select {
		case answered <- nil:
		default: // it knows
		}
	}
}

// answerTo is the answer to an offer, with all candidates.
func answerTo(pc *webrtc.PeerConnection, offer webrtc.SessionDescription) (*webrtc.SessionDescription, error) {
	err := pc.SetRemoteDescription(offer)
	var answer webrtc.SessionDescription
	if err == nil {
		answer, err = pc.CreateAnswer(nil)
	}
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	return described(pc, answer)
}

// described makes d ours, and returns it with all candidates.
func described(pc *webrtc.PeerConnection, d webrtc.SessionDescription) (*webrtc.SessionDescription, error) {
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(d); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	<-gathered
	return pc.LocalDescription(), nil
}

// Close implements [Forwarder].
func (r *skywayRoom) Close() error {
	close(r.stop)
	for _, c := range r.clients {
		c.ws.close()
	}
	r.wg.Wait()
	r.web.CloseIdleConnections()
	return nil
}
