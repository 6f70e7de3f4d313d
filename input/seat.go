package input

import (
	"errors"
	"fmt"
	"net"
	"sync"
)

// Seat is where one viewer sits: it takes the viewer's messages from both data
// channels, refuses what the viewer may not do, and injects the rest in order.
// Whatever the viewer holds down is let go of when it loses the permission or
// the Seat is closed.
//
// Its methods may be called from any goroutine. None keeps a message, and all
// return once the Injector has been told.
type Seat struct {
	mu     sync.Mutex
	inj    Injector
	level  Level
	order  Order
	held   Held
	stats  Stats
	closed bool

	parsed, ordered []Event // of one message; kept to spare allocations
}

// Stats counts what became of a viewer's events.
type Stats struct {
	// Injected events reached the Injector, or changed nothing there: the
	// press of a key that is down.
	Injected uint64
	// Refused events needed a permission that the viewer has not.
	Refused uint64
	// Failed events the Injector could not inject.
	Failed uint64
	// Malformed counts messages, not events.
	Malformed uint64
}

// NewSeat seats a viewer with the permissions of level. inj is shared with
// other seats, through a [Desk] if there is more than one, and stays the
// caller's to close, after the Seat.
func NewSeat(inj Injector, level Level) *Seat {
	return &Seat{inj: inj, level: level}
}

// Handle injects the events of one message. An event that the viewer may not
// send is counted and is no error, as a viewer learns late that it lost a
// permission. An error that wraps [ErrMalformed] means that nothing was
// injected and the viewer is broken; one that wraps [net.ErrClosed], that the
// Seat or the display is gone; any other, that at least one event could not be
// injected while the rest were. No error quotes what was typed.
func (s *Seat) Handle(msg []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("input: seat: %w", net.ErrClosed)
	}
	var err error
	if s.parsed, err = parse(s.parsed[:0], msg); err != nil {
		s.stats.Malformed++
		return err
	}
	// The events may hold what was typed: they do not outlive the message.
	defer clear(s.parsed)
	var errs []error
	for _, e := range s.parsed {
		if err := s.inject(e); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// inject orders e before it looks at the level: motion that is refused must
// not be made up for by the next that is not.
func (s *Seat) inject(e Event) error {
	s.ordered = s.order.Next(s.ordered[:0], e)
	defer clear(s.ordered)
	if !s.level.Has(e.Level()) {
		s.stats.Refused++
		return nil
	}
	var errs []error
	for _, e := range s.ordered {
		if err := s.held.Inject(s.inj, e); err != nil {
			s.stats.Failed++
			errs = append(errs, err)
			continue
		}
		s.stats.Injected++
	}
	return errors.Join(errs...)
}

// SetLevel changes what the viewer may do from now on, and lets go of what it
// holds down but could no longer press.
func (s *Seat) SetLevel(level Level) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.level = level
	return s.held.ReleaseExcept(s.inj, level)
}

// Level is what the viewer may do.
func (s *Seat) Level() Level {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.level
}

// Stats returns the counts so far.
func (s *Seat) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Release lets go of everything the viewer holds down.
func (s *Seat) Release() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held.ReleaseAll(s.inj)
}

// Close lets go of everything the viewer holds down and refuses what comes
// later. The second call does nothing.
func (s *Seat) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return s.held.ReleaseAll(s.inj)
}
