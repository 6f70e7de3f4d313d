package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/causeway-rtc/causeway/input"
)

// injectorRetry is how often a lost injector is looked for, so that a viewer
// who types at a dead display does not keep the host busy with it.
const injectorRetry = 300 * time.Millisecond

// reopener is an injector that outlives its display: it opens the backend
// again, at the next event, after it has failed.
type reopener struct {
	open   func(context.Context) (input.Injector, error)
	status func(ok bool, message string)
	log    *slog.Logger

	mu     sync.Mutex
	inj    input.Injector // nil while lost
	told   bool           // that it is lost
	next   time.Time      // of the next attempt
	closed bool
}

// Inject makes e happen, or says why it cannot.
func (r *reopener) Inject(e input.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.ensure(); err != nil {
		return err
	}
	err := r.inj.Inject(e)
	if err == nil || errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	r.inj.Close()
	r.inj = nil
	if again := r.ensure(); again != nil {
		return errors.Join(err, again)
	}
	return r.inj.Inject(e)
}

// ensure opens the backend if it is not open. The caller holds mu.
func (r *reopener) ensure() error {
	if r.inj != nil {
		return nil
	}
	if r.closed {
		return errors.New("host: the injector is closed")
	}
	if now := time.Now(); now.Before(r.next) {
		return errors.New("host: the display is away")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	inj, err := r.open(ctx)
	if err != nil {
		r.next = time.Now().Add(injectorRetry)
		if !r.told {
			r.log.Warn("input stopped; trying again at the next event", "err", err)
			r.status(false, "The host takes no keys and no pointer: its display is away.")
			r.told = true
		}
		return err
	}
	if r.told {
		r.status(true, "The host takes keys and pointer again.")
		r.told = false
	}
	r.inj = inj
	return nil
}

// Close closes the backend. The second call does nothing.
func (r *reopener) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.inj == nil {
		return nil
	}
	inj := r.inj
	r.inj = nil
	return inj.Close()
}
