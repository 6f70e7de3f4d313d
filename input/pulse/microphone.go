package pulse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"

	"github.com/jfreymuth/pulse/proto"

	"github.com/causeway-rtc/causeway/capture/pulse"
	"github.com/causeway-rtc/causeway/input"
)

// The names of what is made, as programs and pactl see them.
const (
	sinkName   = "causeway_microphone_in"
	sourceName = "causeway_microphone"
)

// Microphone makes one on a PulseAudio server.
var Microphone = input.MicrophoneBackend{Name: "pulse", Open: open}

// microphone implements [input.VirtualMicrophone].
type microphone struct {
	server  *pulse.Server
	log     *slog.Logger
	modules []uint32 // what was loaded, in order

	mu     sync.Mutex
	voices map[uint32]*voice // by their streams
	// early is what the server asked for, in bytes, of streams whose voices
	// are being made: opening of them.
	early   map[uint32]int
	opening int
	last    uint32 // how many voices there have been
	closed  bool
}

func open(ctx context.Context, o input.MicrophoneOptions) (input.VirtualMicrophone, error) {
	m := &microphone{log: o.Log, voices: map[uint32]*voice{}, early: map[uint32]int{}}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if m.server, err = pulse.Dial(ctx, o.Server, m.receive); err != nil {
		return nil, err
	}
	defer m.server.Bound(ctx)()
	if err := m.install(); err != nil {
		return nil, fmt.Errorf("pulse: make a microphone on %s: %w", m.server.Name(), errors.Join(err, m.Close()))
	}
	return m, nil
}

// install asks the server for an output and for a source that records it.
func (m *microphone) install() error {
	for _, module := range []proto.LoadModule{
		{Name: "module-null-sink", Args: "sink_name=" + sinkName + " rate=48000 channels=1 norewinds=1" +
			" sink_properties=device.description=Causeway-microphone-input"},
		{Name: "module-remap-source", Args: "source_name=" + sourceName + " master=" + sinkName + ".monitor" +
			" rate=48000 channels=1 source_properties=device.description=Causeway-microphone"},
	} {
		var loaded proto.LoadModuleReply
		if err := m.server.Request(&module, &loaded); err != nil {
			return fmt.Errorf("load %s: %w", module.Name, err)
		}
		m.modules = append(m.modules, loaded.ModuleIndex)
	}
	var info proto.GetServerInfoReply
	if err := m.server.Request(&proto.GetServerInfo{}, &info); err != nil {
		return err
	}
	if name := info.DefaultSourceName; name != "" && !strings.HasSuffix(name, ".monitor") {
		return nil // a real microphone
	}
	return m.server.Request(&proto.SetDefaultSource{SourceName: sourceName}, nil)
}

// Speak implements [input.VirtualMicrophone].
func (m *microphone) Speak() (input.Voice, error) {
	m.mu.Lock()
	m.opening++
	m.last++
	number := m.last
	m.mu.Unlock()
	var made proto.CreatePlaybackStreamReply
	err := m.server.Request(&proto.CreatePlaybackStream{
		SampleSpec:            proto.SampleSpec{Format: proto.FormatInt16LE, Channels: 1, Rate: input.MicrophoneRate},
		ChannelMap:            proto.ChannelMap{proto.ChannelMono},
		SinkIndex:             proto.Undefined,
		SinkName:              sinkName,
		BufferMaxLength:       proto.Undefined,
		BufferTargetLength:    ahead,
		BufferPrebufferLength: 0,
		BufferMinimumRequest:  ahead / 2,
		SyncID:                number, // in step with no other
		ChannelVolumes:        proto.ChannelVolumes{uint32(proto.VolumeNorm)},
		AdjustLatency:         true,
		Properties:            proto.PropList{"media.name": proto.PropListString("a viewer's microphone")},
	}, &made)
	m.mu.Lock()
	defer m.mu.Unlock()
	asked := int(made.Missing) + m.early[made.StreamIndex]
	if m.opening--; m.opening == 0 {
		clear(m.early)
	}
	if err != nil {
		return nil, m.explain(err)
	}
	v := &voice{microphone: m, stream: made.StreamIndex}
	m.voices[v.stream] = v
	v.ask(asked)
	return v, nil
}

// receive takes the server's messages. It runs on the connection's reader.
func (m *microphone) receive(message any) {
	request, ok := message.(*proto.Request)
	if !ok {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if v := m.voices[request.StreamIndex]; v != nil {
		v.ask(int(request.Length))
	} else if m.opening > 0 {
		m.early[request.StreamIndex] += int(request.Length)
	}
}

// remove is voice.Close.
func (m *microphone) remove(v *voice) error {
	m.mu.Lock()
	_, ours := m.voices[v.stream]
	delete(m.voices, v.stream)
	m.mu.Unlock()
	if !ours {
		return nil
	}
	if err := m.server.Request(&proto.DeletePlaybackStream{StreamIndex: v.stream}, nil); err != nil {
		return m.explain(err)
	}
	return nil
}

// gone is true once the server is.
func (m *microphone) gone() bool {
	select {
	case <-m.server.Gone():
		return true
	default:
		return false
	}
}

// explain is err, or what it is a consequence of.
func (m *microphone) explain(err error) error {
	if m.gone() {
		err = net.ErrClosed
	}
	return fmt.Errorf("pulse: microphone on %s: %w", m.server.Name(), err)
}

// Close implements [input.VirtualMicrophone].
func (m *microphone) Close() error {
	m.mu.Lock()
	closed := m.closed
	m.closed = true
	clear(m.voices)
	m.mu.Unlock()
	if closed {
		return nil
	}
	for i := len(m.modules) - 1; i >= 0 && !m.gone(); i-- {
		if err := m.server.Request(&proto.UnloadModule{ModuleIndex: m.modules[i]}, nil); err != nil {
			m.log.Debug("the sound server keeps a microphone", "err", err)
		}
	}
	m.server.HangUp()
	return nil
}
