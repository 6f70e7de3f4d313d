package streams

import (
	"context"

	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/encode"
)

// RelayOptions says where a [Relay] has its chunks from. Codec and Next are
// required.
type RelayOptions struct {
	// Codec is what they are encoded as.
	Codec encode.Codec
	// Next waits for the next chunk, in order, until ctx is done. Another error
	// is the end. It is called from one goroutine at a time.
	Next func(ctx context.Context) (*encode.Chunk, error)
	// RequestKeyframe asks whoever encodes for a key frame. It is called often,
	// and must not block. Nil is for sound.
	RequestKeyframe func()
}

// Relay is a [Source] of what somebody else has encoded: a track that came from
// another peer is sent on as it came, in one codec and one size.
type Relay struct{ o RelayOptions }

// NewRelay makes a relay.
func NewRelay(o RelayOptions) *Relay { return &Relay{o} }

// Codecs implements [Source].
func (r *Relay) Codecs() []encode.Codec { return []encode.Codec{r.o.Codec} }

// Run implements [Source].
func (r *Relay) Run(ctx context.Context, d *Demand) {
	if r.o.RequestKeyframe != nil {
		asking := make(chan struct{})
		go func() {
			defer close(asking)
			r.ask(ctx, d)
		}()
		defer func() { <-asking }()
	}
	var wants []Want
	for {
		c, err := r.o.Next(ctx)
		if err != nil {
			<-ctx.Done() // there is nothing more to come
			return
		}
		wants = d.Wants(wants[:0], capture.Now())
		for _, w := range wants {
			d.Deliver(w.Rung, c, 0)
		}
	}
}

// ask passes on that key frames are wanted.
func (r *Relay) ask(ctx context.Context, d *Demand) {
	r.o.RequestKeyframe() // what came while nobody watched is not to be had
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.Changed():
			r.o.RequestKeyframe()
		}
	}
}
