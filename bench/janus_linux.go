package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/pion/webrtc/v4"
)

const (
	janusURL    = "http://127.0.0.1:8088/janus"
	janusPlugin = "janus.plugin.videoroom"
	janusRoom   = 1
)

// janusConfig is all that Janus needs to be told: the plugin and the transport
// that are measured, and the address that it offers. It has no ICE on the
// loopback interface.
var janusConfig = map[string]string{
	"janus.jcfg": `general: { session_timeout = 0, debug_level = 3, admin_secret = "none" }
media: { ipv6 = false }
nat: { ice_enforce_list = %q, ice_lite = true }
plugins: { disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so" }
transports: { disable = "libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so,libjanus_websockets.so" }
`,
	"janus.transport.http.jcfg": `general: { json = "compact", base_path = "/janus", http = true, port = 8088, ip = "127.0.0.1" }
`,
	"janus.plugin.videoroom.jcfg": `general: { }
`,
}

// startJanus starts Janus, which offers addr, and waits until it answers.
func startJanus(folder, addr, log string) (*Process, error) {
	for name, text := range janusConfig {
		if name == "janus.jcfg" {
			text = fmt.Sprintf(text, addr)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
	}
	p, err := startProcess(exec.Command("janus", "--configs-folder", folder, "--disable-colors"), log)
	if err != nil {
		return nil, err
	}
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(janusURL + "/info")
		if err == nil {
			_ = resp.Body.Close()
			return p, nil
		}
		if err := errors.Join(p.ended(), late(start)); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
}

// janusMessage is what goes either way over Janus's HTTP.
type janusMessage struct {
	Janus       string                     `json:"janus"`
	Transaction string                     `json:"transaction,omitempty"`
	Plugin      string                     `json:"plugin,omitempty"`
	Body        map[string]any             `json:"body,omitempty"`
	JSEP        *webrtc.SessionDescription `json:"jsep,omitempty"`
	Data        struct {
		ID int64 `json:"id"`
	} `json:"data,omitzero"`
	PluginData struct {
		Data map[string]any `json:"data"`
	} `json:"plugindata,omitzero"`
	Error json.RawMessage `json:"error,omitempty"`
}

// janusHandle is a connection with a plugin, in a session of its own.
type janusHandle struct {
	web     *http.Client
	session string // its URL
	handle  string
}

// post asks for something, and returns what is said at once.
func (h *janusHandle) post(url string, m janusMessage) (*janusMessage, error) {
	m.Transaction = "t"
	b, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	return h.read(h.web.Post(url, "application/json", bytes.NewReader(b)))
}

func (h *janusHandle) read(resp *http.Response, err error) (*janusMessage, error) {
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer resp.Body.Close()
	var said janusMessage
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil {
		return nil, fmt.Errorf("bench: Janus: %w", err)
	}
	if said.Error != nil || said.PluginData.Data["error"] != nil {
		return nil, fmt.Errorf("bench: Janus: %s %v", said.Error, said.PluginData.Data["error"])
	}
	return &said, nil
}

func openJanus(web *http.Client) (*janusHandle, error) {
	h := &janusHandle{web: web}
	said, err := h.post(janusURL, janusMessage{Janus: "create"})
	if err != nil {
		return nil, err
	}
	h.session = fmt.Sprintf("%s/%d", janusURL, said.Data.ID)
	if said, err = h.post(h.session, janusMessage{Janus: "attach", Plugin: janusPlugin}); err != nil {
		return nil, err
	}
	h.handle = fmt.Sprintf("%s/%d", h.session, said.Data.ID)
	return h, nil
}

// ask sends the plugin a message, and returns the event that answers it.
func (h *janusHandle) ask(body map[string]any, jsep *webrtc.SessionDescription) (*janusMessage, error) {
	said, err := h.post(h.handle, janusMessage{Janus: "message", Body: body, JSEP: jsep})
	for err == nil && said.Janus != "event" && said.Janus != "success" {
		said, err = h.read(h.web.Get(h.session + "?maxev=1"))
	}
	return said, err
}

// janusVideoRoom is a room of Janus's as a [Forwarder].
type janusVideoRoom struct {
	web  *http.Client
	feed any // the id of the one that sends
}

func newJanusVideoRoom() *janusVideoRoom {
	return &janusVideoRoom{web: &http.Client{Timeout: dialTimeout}}
}

// Send implements [Forwarder].
func (r *janusVideoRoom) Send(pc *webrtc.PeerConnection) error {
	h, err := openJanus(r.web)
	if err != nil {
		return err
	}
	room := map[string]any{"request": "create", "room": janusRoom, "publishers": 1, "videocodec": "vp8", "bitrate": 0}
	if _, err := h.ask(room, nil); err != nil {
		return err
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	ours, err := described(pc, offer)
	if err != nil {
		return err
	}
	said, err := h.ask(map[string]any{"request": "joinandconfigure", "ptype": "publisher", "room": janusRoom}, ours)
	if err != nil {
		return err
	}
	if said.JSEP == nil {
		return fmt.Errorf("bench: Janus does not answer, but says %v", said.PluginData.Data)
	}
	r.feed = said.PluginData.Data["id"]
	if err := pc.SetRemoteDescription(*said.JSEP); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return nil
}

// Receive implements [Forwarder].
func (r *janusVideoRoom) Receive(pc *webrtc.PeerConnection) error {
	h, err := openJanus(r.web)
	if err != nil {
		return err
	}
	streams := []map[string]any{{"feed": r.feed}}
	said, err := h.ask(map[string]any{"request": "join", "ptype": "subscriber", "room": janusRoom, "streams": streams}, nil)
	if err != nil {
		return err
	}
	if said.JSEP == nil {
		return fmt.Errorf("bench: Janus does not offer, but says %v", said.PluginData.Data)
	}
	answer, err := answerTo(pc, *said.JSEP)
	if err == nil {
		_, err = h.ask(map[string]any{"request": "start"}, answer)
	}
	return err
}

// Close implements [Forwarder].
func (r *janusVideoRoom) Close() error {
	r.web.CloseIdleConnections()
	return nil
}
