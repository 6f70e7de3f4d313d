package pulse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jfreymuth/pulse/proto"
)

// recheck is how often the delay of a running recording is asked for.
const recheck = time.Second

// fragment is what the server collects before it sends: a frame, in bytes for
// each channel. An output without a card then works in steps of that, and each
// is a frame, complete when its first sample is due.
const fragment = frameSamples * 2

// speakers are where the channels of a recording belong, by how many there
// are, in the order of [capture.AudioFrame].
var speakers = map[int]proto.ChannelMap{
	2: {proto.ChannelLeft, proto.ChannelRight},
	6: {
		proto.ChannelLeft, proto.ChannelRight, proto.ChannelCenter, proto.ChannelLFE,
		proto.ChannelRearLeft, proto.ChannelRearRight,
	},
}

// target is what is recorded.
type target struct {
	stream uint32 // the recording
	device uint32 // the source that is recorded
	corked bool
}

// begin starts to record and to follow the server's events.
func (r *recorder) begin(ctx context.Context) error {
	defer r.server.Bound(ctx)()
	r.target.stream = proto.Undefined
	const mask = proto.SubscriptionMaskServer | proto.SubscriptionMaskSink | proto.SubscriptionMaskSource |
		proto.SubscriptionMaskSinkInput
	if err := r.server.Request(&proto.Subscribe{Mask: mask}, nil); err != nil {
		return err
	}
	if err := r.adjust(); err != nil {
		return err
	}
	r.control.Go(r.follow)
	return nil
}

// follow keeps the recording on its source, and corked while nothing plays,
// until the connection is dead.
func (r *recorder) follow() {
	tick := time.NewTicker(recheck)
	defer tick.Stop()
	for {
		var due <-chan time.Time
		if !r.target.corked {
			due = tick.C
		}
		var err error
		select {
		case <-r.server.Gone():
			return
		case <-due:
			err = r.measure()
		case <-r.changed:
			err = r.adjust()
		}
		if refusal, ok := errors.AsType[proto.Error](err); ok {
			// An output that is just being replaced, most often. The next
			// event leads on.
			r.log.Debug("sound server refuses", "err", refusal)
		} else if err != nil {
			// No answer: as good as dead.
			r.server.socket.Close()
		}
	}
}

// adjust makes the recording what it should be by the server's present state.
func (r *recorder) adjust() error {
	device, sink, err := r.find()
	if err != nil {
		return err
	}
	r.mu.Lock()
	killed := r.stream == proto.Undefined
	r.mu.Unlock()
	t := &r.target
	if !killed && t.device != device {
		// Moving the recording would save nothing, for its delay changes too.
		if err := r.server.Request(&proto.DeleteRecordStream{StreamIndex: t.stream}, nil); err != nil {
			return err
		}
		killed = true
	}
	if killed {
		if err := r.create(device); err != nil {
			return err
		}
	}
	quiet, err := r.silent(sink)
	if err != nil || quiet == t.corked {
		return err
	}
	r.restart(t.stream)
	err = r.server.Request(&proto.CorkRecordStream{StreamIndex: t.stream, Corked: quiet}, nil)
	if err != nil {
		return err
	}
	t.corked = quiet
	if quiet {
		return nil
	}
	return r.measure()
}

// find returns the source to record and the output that it monitors, which is
// proto.Undefined when it is no monitor.
func (r *recorder) find() (device, sink uint32, err error) {
	if r.source != "" {
		var info proto.GetSourceInfoReply
		err := r.server.Request(&proto.GetSourceInfo{SourceIndex: proto.Undefined, SourceName: r.source}, &info)
		if err != nil {
			return 0, 0, fmt.Errorf("source %q: %w", r.source, err)
		}
		// In a source's description, this is the sink it is the monitor of.
		return info.SourceIndex, info.MonitorSourceIndex, nil
	}
	var info proto.GetServerInfoReply
	if err := r.server.Request(&proto.GetServerInfo{}, &info); err != nil {
		return 0, 0, err
	}
	var out proto.GetSinkInfoReply
	err = r.server.Request(&proto.GetSinkInfo{SinkIndex: proto.Undefined, SinkName: info.DefaultSinkName}, &out)
	if err != nil {
		return 0, 0, fmt.Errorf("default output %q: %w", info.DefaultSinkName, err)
	}
	return out.MonitorSourceIndex, out.SinkIndex, nil
}

// create makes a recording of device, corked.
func (r *recorder) create(device uint32) error {
	var made proto.CreateRecordStreamReply
	err := r.server.Request(&proto.CreateRecordStream{
		SampleSpec:         proto.SampleSpec{Format: proto.FormatInt16LE, Channels: byte(r.channels), Rate: rate},
		ChannelMap:         speakers[r.channels],
		SourceIndex:        device,
		BufferMaxLength:    proto.Undefined,
		Corked:             true,
		BufferFragSize:     uint32(fragment * r.channels),
		AdjustLatency:      true,
		DirectOnInputIndex: proto.Undefined,
		ChannelVolumes:     slices.Repeat(proto.ChannelVolumes{uint32(proto.VolumeNorm)}, r.channels),
		Properties:         proto.PropList{"media.name": proto.PropListString("desktop sound")},
	}, &made)
	if err != nil {
		return fmt.Errorf("create a recording: %w", err)
	}
	r.target = target{stream: made.StreamIndex, device: device, corked: true}
	r.restart(made.StreamIndex)
	return nil
}

// silent reports whether no program plays to sink. A source that is no monitor
// is never silent.
func (r *recorder) silent(sink uint32) (bool, error) {
	if sink == proto.Undefined {
		return false, nil
	}
	var inputs proto.GetSinkInputInfoListReply
	if err := r.server.Request(&proto.GetSinkInputInfoList{}, &inputs); err != nil {
		return false, err
	}
	for _, in := range inputs {
		if in.SinkIndex == sink && !in.Corked {
			return false, nil
		}
	}
	return true, nil
}

// measure asks how long ago what arrives now was played.
func (r *recorder) measure() error {
	var l proto.GetRecordLatencyReply
	if err := r.server.Request(&proto.GetRecordLatency{StreamIndex: r.target.stream}, &l); err != nil {
		return err
	}
	// A monitor delivers when the output takes the samples, which the output
	// plays later.
	r.mu.Lock()
	defer r.mu.Unlock()
	r.latency.measured(time.Duration(int64(l.Latency)-int64(l.MonitorLatency)) * time.Microsecond)
	return nil
}
