package pulse

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"

	"github.com/jfreymuth/pulse/proto"

	"github.com/causeway-rtc/causeway/capture"
)

// Backend records from a PulseAudio server.
var Backend = capture.AudioBackend{Name: "pulse", Sources: sources, Open: open}

// sources lists the server's sources; those that end in ".monitor" are what an
// output plays.
func sources(ctx context.Context, o capture.AudioOptions) ([]string, error) {
	s, err := Dial(ctx, o.Server, func(any) {})
	if err != nil {
		return nil, err
	}
	defer s.HangUp()
	defer s.Bound(ctx)()
	var list proto.GetSourceInfoListReply
	if err := s.Request(&proto.GetSourceInfoList{}, &list); err != nil {
		return nil, fmt.Errorf("pulse: list the sources of %s: %w", s.Name(), err)
	}
	var names []string
	for _, info := range list {
		names = append(names, info.SourceName)
	}
	return names, nil
}

func open(ctx context.Context, o capture.AudioOptions) (capture.AudioSource, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Channels = cmp.Or(o.Channels, 2); speakers[o.Channels] == nil {
		return nil, fmt.Errorf("pulse: %d channels: it records 2 or 6", o.Channels)
	}
	r := newRecorder(o)
	s, err := Dial(ctx, o.Server, r.receive)
	if err != nil {
		return nil, err
	}
	r.server = s
	if err := r.begin(ctx); err != nil {
		s.HangUp()
		return nil, fmt.Errorf("pulse: record from %s: %w", s.Name(), err)
	}
	return r, nil
}
